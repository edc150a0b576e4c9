"""The same shapes through LangChain's client: what differs is listed in docs, and nothing else does."""

import asyncio
import re
from pathlib import Path

import msgspec
import pytest

from graphs.model_api.model_interface import ModelError
from graphs.model_calls import ModelSettings, OpenModels, open_models
from tests.graphs.providers.heard import Heard, ask
from tests.graphs.providers.test_wire_shapes import GOOD, TOOLS, WITH_TOOLS
from tests.graphs.providers.wire_failures import FAILURES
from tests.graphs.providers.wire_reported_answers import REPORTED_FAILURES
from tests.graphs.providers.wire_shapes import Shape
from tests.graphs.providers.wire_vendor_failures import VENDOR_FAILURES
from tests.runtimes.wire_server import WireServer

DIFFERENCES: dict[str, str] = {
    "frames": "commas_too_many line_within_a_text "
    "charset_euc-kr charset_gb18030 charset_iso-8859-1 deflate_that_is_none done_glued "
    "done_on_the_same_line events_in_a_text events_on_one_line events_with_escaped_ends "
    "gzip_json_unsaid gzip_twice_said length_in_a_list length_twice lines_of_length "
    "python_bytes python_bytes_alone python_bytes_of_lines separators_of_records utf_16 "
    "utf_16_big utf_16_big_no_mark utf_16_json utf_16_no_mark xssi_guard zlib_unsaid "
    "rewritten_done_small zlib_unsaid_quick zstd zstd_in_frames zstd_unsaid "
    "a_comma_too_many done_without_a_field framed_in_capitals framed_json_sequence "
    "framed_marks_before framed_nul_after framed_nul_before framed_with_a_capital gzip_unsaid "
    "json_in_text nul_then_json written_by_python "
    "bom no_blank_lines last_chunk_without_newline comment_as_data words_as_data ndjson "
    "control_characters chunks_side_by_side data_twice early_hints indented_lines "
    "ndjson_and_done data_null_in_between gzip_in_members gzip_that_is_none",
    "chunks": "audio_alone choice_content content_markdown_part content_nested delta_response "
    "messages_in_a_choice "
    "null_and_lists choices_object choices_in_a_list text_completion delta_is_text part "
    "content_number content_output_text content_value delta_text message_text",
    "ends": "ends_beside_the_choices ends_in_the_delta gemini_end_with_the_last_text "
    "done_alone counts_and_close ends_in_a_native_word ends_length_then_stop "
    "ends_in_camel_case ends_with_stop_reason",
    "whole answers": "rewritten_json_as_text rewritten_json_chunks_as_texts "
    "audio_in_json batch_line chunks_in_a_list chunks_in_an_indented_list code_and_data "
    "completion_envelope event_envelope json_error_empty_object json_warning lambda_envelope "
    "lambda_object messages_list payload_envelope status_206 success_envelope type_envelope "
    "whole_with_finish_in_message "
    "json json_indented json_as_event_stream json_as_text json_without_finish "
    "json_longer_than_told gzip_json message messages_that_grow messages_in_parts "
    "delta_null_message json_base_resp_good json_chunked_without_its_last_chunk "
    "json_error_null json_in_a_list json_in_data json_in_output json_in_result "
    "json_shorter_than_told json_status_201 json_with_a_mark json_with_an_empty_error "
    "json_with_code_zero json_with_false_error minimax_whole_at_the_end",
    "reasoning": "reasoning_reasoning_content reasoning_reasoning reasoning_reasoning_text "
    "reasoning_thinking reasoning_reasoning_details reasoning_thinking_blocks thinking_parts "
    "thought_flag thought_gemini_flag thought_mistral thought_part_flag thought_thoughts",
    "counts": "counts_cache_and_writes_beside counts_cache_creation_parts counts_cache_of_bedrock "
    "counts_cache_parts_alone counts_cache_writes_openrouter counts_deep_research "
    "counts_floats_as_text counts_google_modalities counts_google_snake_thoughts "
    "counts_of_the_answer_alone counts_reasoning_beside_and_cache counts_zero_prompt_and_input "
    "llamacpp_verbose "
    "counts_as_text counts_in_a_list counts_input_output counts_input_output_cache "
    "counts_pascal_case counts_within_tokens "
    "counts_other_names counts_cached_input_tokens_details "
    "counts_cached_prompt_cache_hit_tokens counts_cached_cached_tokens "
    "counts_cached_cache_read_input_tokens counts_cached_num_cached_tokens "
    "counts_cache_beside counts_cache_write_beside counts_cache_more_than_input "
    "counts_reasoning_beside counts_reasoning_more_than_output "
    "counts_reasoning_in_the_total_alone counts_in_a_choice counts_in_x_groq "
    "counts_then_zeros counts_in_two_parts counts_bedrock counts_bedrock_metrics "
    "counts_billed counts_camel counts_cohere_both counts_cohere_usage counts_deepseek "
    "counts_in_the_delta counts_litellm_anthropic counts_meta_billed counts_meta_tokens "
    "counts_metadata_usage counts_output_in_the_total counts_responses counts_thoughts_gemini "
    "counts_timings counts_usage_metadata counts_with_a_comma groq_first "
    "counts_snake_gemini counts_gemini_tools",
    "tool calls": "calls_generated_null_last calls_in_tool_calls_of_the_body calls_whole_no_finish "
    "calls_in_the_choice calls_legacy_in_a_list "
    "calls_object_arguments calls_id_number calls_legacy calls_flat calls_not_in_a_list "
    "calls_in_another_choice calls_in_json calls_anthropic_part calls_args "
    "calls_beside_the_function calls_by_number calls_function_as_text "
    "calls_in_a_message_at_the_end calls_input_flat calls_legacy_in_parts "
    "calls_parameters_in_function calls_tgi calls_tgi_object calls_custom "
    "rewritten_gemini_part rewritten_gemini_part_with_underscore rewritten_bedrock_part",
    "other protocols": "anthropic anthropic_thinks anthropic_whole calls_anthropic calls_converse "
    "calls_gemini "
    "calls_ollama cloudflare cloudflare_whole cohere cohere_whole converse converse_whole "
    "dashscope gemini gemini_in_a_list llamacpp ollama ollama_as_events ollama_completion "
    "ollama_cut ollama_thinks responses responses_whole tencent tencent_whole tgi tgi_whole "
    "watsonx ",
    "errors": "error_quota_minimax error_auth_minimax error_auth_code_msg error_filter_minimax "
    "error_200_error error_200_error_text error_bare_json error_detail_event "
    "broken_error_line broken_error_event redirect reported_success_false said_qianfan_long",
}
"""Shapes that come out otherwise, by the rows of the table in docs/langchain-transport.md."""
PAGE = Path(__file__).parents[3] / "docs" / "langchain-transport.md"


@pytest.mark.filterwarnings("ignore::UserWarning")  # of pydantic, about fields of other types than it knows
async def test_what_differs_is_what_the_page_lists() -> None:
    listed = {name for names in DIFFERENCES.values() for name in names.split()}
    # Refusals by a status take one way through both: a part of them will do.
    failed = (*FAILURES, *VENDOR_FAILURES, *REPORTED_FAILURES)
    failures = [shape for place, shape in enumerate(failed) if place % 4 == 0 or shape.name in listed]
    shapes = [shape for shape in (*GOOD, *failures) if (shape.wait or 0) <= 2]
    wrong: set[str] = set()
    seats = asyncio.Semaphore(8)
    async with WireServer(lambda asked: shapes[int(asked.model)].reply) as server:
        settings = ModelSettings(
            openai_base_url=server.url,
            openai_transport="langchain",
            max_attempts=1,
            breaker_in_a_row=10**6,
            breaker_calls=10**6,
        )
        async with open_models(settings) as models:

            async def look(place: int, shape: Shape) -> None:
                async with seats:
                    if not await _as_meant(models, str(place), shape):
                        wrong.add(shape.name)

            await asyncio.gather(*(look(place, shape) for place, shape in enumerate(shapes)))
    assert wrong - listed == set(), "these differ, and the page does not say so"
    assert listed - wrong == set(), "these do not differ any more: take them off the list"


def test_the_page_has_a_row_for_each_kind() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows[1:] == [*DIFFERENCES]


async def _as_meant(models: OpenModels, model: str, shape: Shape) -> bool:
    """Return whether a shape comes out as it does on our own wire."""
    request = msgspec.structs.replace(ask(tools=TOOLS if shape in WITH_TOOLS else []), model=model)
    try:
        answer = await models.answer(request, Heard())
    except ModelError as error:
        return error.error_class in shape.error if shape.error else False
    if shape.error or (answer.content, answer.finish_reason) != (shape.text, shape.ending):
        return False
    if shape.reasoning is not None and answer.reasoning != shape.reasoning:
        return False
    calls = [(call.name, call.arguments, call.invalid) for call in answer.tool_calls]
    if calls != [(name, arguments, "") for name, arguments in shape.calls]:
        return False
    usage = answer.usage
    return shape.usage is None or (
        (usage.input_tokens, usage.output_tokens) == shape.usage
        and (usage.cached_input_tokens, usage.cache_write_tokens) == (shape.cached, shape.written)
    )
