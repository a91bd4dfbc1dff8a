"""whisper.cpp through pywhispercpp."""

import numpy as np

from dictate.bench.extras import need
from dictate.bench.peers.ggml import GGML_PRECISIONS, write_ggml
from dictate.bench.peers.openai_whisper import check_vocabulary
from dictate.bench.peers.setting import CannotRunError, Run, Samples, Setting


def open_whisper_cpp(setting: Setting, precision: str, *, short: bool = False) -> Run:
    """whisper.cpp on a file that `write_ggml` wrote.

    Args:
        setting: what to run.
        precision: of the file's matrices, `f16` or `q8_0`.
        short: encode only what the sound fills (`audio_ctx`), instead of the whole window.

    Raises:
        CannotRunError: it does not know the checkpoint's vocabulary or window, or the installed
            build does not run on the device.
    """
    if precision not in GGML_PRECISIONS:
        raise CannotRunError(
            f"whisper.cpp 1.8 aborts on a {precision} file: its convolutions take "
            "float16 kernels only"
        )
    check_vocabulary(setting, "whisper.cpp")
    checkpoint = setting.checkpoint
    bindings = need("_pywhispercpp")
    if setting.device != "cpu" and "CUDA" not in bindings.whisper_print_system_info():
        raise CannotRunError("the installed pywhispercpp is built without CUDA")
    if setting.window_s != bindings.WHISPER_CHUNK_SIZE:
        raise CannotRunError(
            f"whisper.cpp always takes {bindings.WHISPER_CHUNK_SIZE} s, "
            f"this checkpoint {setting.window_s:.0f} s"
        )
    file = write_ggml(
        checkpoint,
        setting.work_folder / f"ggml-{setting.folder.name}-{precision}.bin",
        GGML_PRECISIONS[precision],
    )
    model = need("pywhispercpp.model").Model(
        str(file),
        redirect_whispercpp_logs_to=None,
        context_params={"use_gpu": setting.device != "cpu"},
        n_threads=setting.threads,
        language=setting.language,
        no_context=True,
        no_timestamps=True,
        single_segment=True,
        print_progress=False,
        suppress_blank=False,
        temperature_inc=0.0,
        greedy={"best_of": 1},
        # It counts from 0 and stops behind the token of this number.
        max_tokens=setting.max_new_tokens - 1,
    )

    def run(samples: Samples) -> list[int]:
        model.transcribe(
            np.ascontiguousarray(samples, dtype=np.float32),
            audio_ctx=setting.positions(samples, short=short),
        )
        context = model._ctx
        tokens = [
            int(bindings.whisper_full_get_token_id(context, segment, index))
            for segment in range(bindings.whisper_full_n_segments(context))
            for index in range(bindings.whisper_full_n_tokens(context, segment))
        ]
        return setting.until_end(tokens)

    return run
