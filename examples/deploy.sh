#!/bin/sh
# swift deploy for Qwen2.5-VL-7B-Instruct, workload chat-images-videos
#
# Made by swiftcfg 0.1.0 for H100-80GB, with ms-swift 4.6.0 (default), vllm 0.23.0 (default for
# ms-swift 4.6.0), qwen-vl-utils 0.0.14 (default for ms-swift 4.6.0).
# At worst 55.47 GiB are left for the KV cache, 1038656 tokens; 4 requests at once of 25200 tokens
# need 100800.
# Nothing keeps quality down. The limit with the least to spare: weights, first run and libraries
# leave 56.66 GiB of the budget for the cache.
# To make this file again:
#     swiftcfg generate --model Qwen2.5-VL-7B-Instruct --gpu H100-80GB --profile chat-images-videos --output deploy.sh
#
# max_num_batched_tokens is 2048: what vLLM takes for an engine that a program makes
# (UsageContext.ENGINE_CONTEXT).
#
# If the model was fine-tuned, serve with the pixel range it was trained with: use the same range of
# token number between training and inference. (https://github.com/QwenLM/Qwen3-VL/issues/2024)
#
# For grounding, around 1024-2048 image tokens is named as the sweet spot by a maker of the model;
# much larger images can make boxes worse. Try both on samples of yours.
# (https://github.com/ggml-org/llama.cpp/pull/16842)
#
# This model answers with boxes in pixels of the resized image. Nothing is shrunk, but sides are
# still rounded to the model's grid: multiply boxes by the factors of the token table, or resize to
# the grid before sending. (https://github.com/modelscope/ms-swift/issues/3659)
#
# The makers recommend at most 24,576 video tokens a request; more frames or larger frames cost
# memory and rarely help. (https://github.com/QwenLM/Qwen3-VL/blob/main/README.md)
#
# Clients can override the pixel caps with chat_template_kwargs.max_pixels in the request body; do
# not expose the server to clients you do not trust.
# (ms-swift@4.6.0:swift/template/templates/qwen.py)
#
# Keep watching accuracy after deployment: test on samples that represent your traffic before you
# raise or lower a cap. (practice; see the README)

set -eu

# MAX_PIXELS: No image of the workload is shrunk: the largest, 1920x1080, becomes 1932x1092 and
#     costs 2691 tokens.
export MAX_PIXELS=2109744

# VIDEO_MAX_PIXELS: Pixels of one frame: 1920x1080@30fps,60s becomes 12 frames of 1008x560, 4320
#     tokens in all.
export VIDEO_MAX_PIXELS=602112

# FPS_MAX_FRAMES: No video is looked at in more than 12 frames, however long it is.
export FPS_MAX_FRAMES=12

# --model: What to serve.
# --infer_backend: Without it ms-swift serves with transformers and ignores every vLLM flag.
# --vllm_gpu_memory_utilization: Of 79.10 GiB that CUDA sees, up to 1.14 GiB live outside vLLM's
#     budget.
# --vllm_max_model_len: The largest request has 25200 tokens, its answer included.
# --vllm_max_num_seqs: 4 at once, as the workload asks for; more than that wait in line.
# --vllm_limit_mm_per_prompt: What one request may carry.
# --vllm_engine_kwargs: vLLM does not see MAX_PIXELS: this makes its start-up profile as large
#     as the largest item really served.
# --max_new_tokens: The longest answer, for requests that give none.
# --host: Only this machine can reach the server.
# --port: If it is taken, ms-swift silently takes the next one: read its log.
exec swift deploy \
    --model Qwen/Qwen2.5-VL-7B-Instruct \
    --infer_backend vllm \
    --vllm_gpu_memory_utilization 0.95 \
    --vllm_max_model_len 25344 \
    --vllm_max_num_seqs 4 \
    --vllm_limit_mm_per_prompt '{"image": 5, "video": 2}' \
    --vllm_engine_kwargs '{"mm_processor_kwargs": {"max_pixels": 2109744}}' \
    --max_new_tokens 2048 \
    --host 127.0.0.1 \
    --port 8000
