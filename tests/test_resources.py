import pytest

from swiftcfg.resources import folder


@pytest.mark.parametrize("name", ["profiles", "templates"])
def test_a_data_folder_is_found_where_the_package_runs(name):
    assert folder(name).is_dir()
