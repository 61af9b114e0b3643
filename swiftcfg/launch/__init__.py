"""Launch: start a server as planned, follow it until it answers, and prove that what runs is what was planned."""
