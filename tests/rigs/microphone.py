"""A real microphone without a sound card: a private PulseAudio that hears its own speaker.

    with VirtualMicrophone() as microphone:
        start_a_process(env=os.environ | microphone.env)
        microphone.play(wav)

Whoever records needs `env` before it opens the microphone. A faint noise plays all the time, as a
real room sounds; without it the microphone would give exact zeros, which is what a Bluetooth
headset sends before it works.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType

_PROGRAMS = ("pulseaudio", "pactl", "paplay", "pacat", "parec")
_RATE_HZ = 16_000
_ALSA_CONFIG = """\
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
pcm.headset { type pulse device mic }
"""


def missing_microphone() -> str | None:
    """Why there can be no virtual microphone here, for a skip reason; None when there can."""
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            return f"{program} is not installed (apt-get install pulseaudio pulseaudio-utils)"
    if not any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        return "ALSA has no pulse plugin (apt-get install libasound2-plugins)"
    if not any(Path("/usr/lib").glob("*/libportaudio.so.2")):
        return "PortAudio is not installed (apt-get install libportaudio2)"
    return None


class VirtualMicrophone:
    """A sound server with a speaker that its own microphone hears; one per `with`."""

    def __init__(self, noise: bool = True, plugged: bool = True) -> None:
        """Choose a faint room noise or exact zeros, and whether it is plugged in at first."""
        self._noise = noise
        self._plugged_at_start = plugged
        self._folder = Path()
        self._server: subprocess.Popen[bytes] | None = None
        self._noise_player: subprocess.Popen[bytes] | None = None
        self._modules: list[str] = []

    @property
    def env(self) -> dict[str, str]:
        """Environment of the processes that shall hear this microphone."""
        return {
            "PULSE_SERVER": f"unix:{self._folder / 'socket'}",
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "ALSA_CONFIG_PATH": str(self._folder / "alsa.conf"),
        }

    def __enter__(self) -> VirtualMicrophone:
        self._folder = Path(tempfile.mkdtemp(prefix="dictate-mic-"))
        (self._folder / "alsa.conf").write_text(_ALSA_CONFIG)
        native = f"module-native-protocol-unix auth-anonymous=1 socket={self._folder / 'socket'}"
        options = [
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            "--disable-shm=yes",
        ]
        self._server = subprocess.Popen(
            ["pulseaudio", "-n", *options, "-L", native],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self._folder),
                "XDG_RUNTIME_DIR": str(self._folder),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "pulseaudio.log").open("wb"),
        )
        try:
            self._wait_for_server()
            if self._plugged_at_start:
                self.plug()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def plug(self) -> None:
        """Connect the speaker and the microphone; return when sound flows."""
        speaker = f"module-null-sink sink_name=speaker rate={_RATE_HZ} channels=1"
        self._modules.append(self._pactl("load-module", *speaker.split()))
        remap = "module-remap-source master=speaker.monitor source_name=mic"
        self._modules.append(self._pactl("load-module", *remap.split()))
        self._pactl("set-default-source", "mic")
        self._start_noise()
        self._wait_for_sound()

    def unplug(self) -> None:
        """Take the microphone (and the speaker) away, at once and for everybody."""
        self._stop_noise()
        for module in reversed(self._modules):
            self._pactl("unload-module", module)
        self._modules.clear()

    def kill_server(self) -> None:
        """End the sound server without a word, as a crash would."""
        assert self._server is not None
        self._server.kill()
        self._server.wait()

    def play(self, wav: Path, wait: bool = True) -> subprocess.Popen[bytes]:
        """Play a sound file into the microphone; return after its end, or at once."""
        player = subprocess.Popen(
            ["paplay", "--latency-msec=2000", "-d", "speaker", str(wav)],
            env=os.environ | self.env,
            stdin=subprocess.DEVNULL,
        )
        if wait and player.wait(timeout=120) != 0:
            raise RuntimeError(f"paplay could not play {wav}")
        return player

    def recorders(self) -> int:
        """Number of programs that have the microphone open."""
        outputs = self._pactl("list", "short", "source-outputs").splitlines()
        return sum("protocol-native" in line for line in outputs)

    def _wait_for_server(self) -> None:
        deadline_s = time.monotonic() + 60
        while True:
            try:
                self._pactl("info")
                return
            except subprocess.CalledProcessError:
                assert self._server is not None
                if time.monotonic() > deadline_s or self._server.poll() is not None:
                    log = (self._folder / "pulseaudio.log").read_text()
                    raise RuntimeError(f"pulseaudio did not start: {log}") from None
                time.sleep(0.05)

    def _pactl(self, *arguments: str) -> str:
        result = subprocess.run(
            ["pactl", *arguments],
            env=os.environ | self.env,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return result.stdout.strip()

    def _start_noise(self) -> None:
        command = ["pacat", "--raw", "-d", "speaker", "--format=s16le", "--channels=1"]
        self._noise_player = subprocess.Popen(
            [*command, f"--rate={_RATE_HZ}", "--latency-msec=20"],
            env=os.environ | self.env,
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        loudest = 5 if self._noise else 0
        threading.Thread(target=_pour, args=(self._noise_player, loudest), daemon=True).start()

    def _wait_for_sound(self) -> None:
        """Wait out the null sink's first period, which lasts up to two seconds."""
        recorder = subprocess.Popen(
            ["parec", "--raw", "-d", "mic", "--latency-msec=10"],
            env=os.environ | self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert recorder.stdout is not None
        with recorder.stdout:
            recorder.stdout.read(8_000)
        recorder.kill()
        recorder.wait()

    def _stop_noise(self) -> None:
        if self._noise_player is not None:
            self._noise_player.kill()
            self._noise_player.wait()
            self._noise_player = None

    def _close(self) -> None:
        self._stop_noise()
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _pour(player: subprocess.Popen[bytes], loudest: int) -> None:
    """Write noise of up to `loudest` steps of 16 bits until the player is gone.

    Silence is poured too: a null sink that nobody plays to wakes up every two seconds only.
    """
    generator = random.Random(0)
    values = (generator.randint(-loudest, loudest) for _ in range(_RATE_HZ))
    second = b"".join(struct.pack("<h", value) for value in values)
    assert player.stdin is not None
    try:
        while True:
            player.stdin.write(second)
    except (ValueError, OSError):
        return
