"""Lines of the log on their way out."""

import asyncio
import io

from assay_server.rpc.lines import Lines


class Counted(io.StringIO):
    """Counts how often it is written to."""

    num_writes = 0

    def write(self, text: str, /) -> int:
        self.num_writes += 1
        return super().write(text)


async def test_lines_of_one_pass_are_written_together() -> None:
    """In order, complete, and before the loop goes on to what comes after."""
    out = Counted()
    lines = Lines(out)

    for i in range(3):
        lines.write(f"{i}\n")
        lines.flush()
    await asyncio.sleep(0)

    assert out.getvalue() == "0\n1\n2\n"
    assert out.num_writes == 1


async def test_every_pass_is_written() -> None:
    """Having written once, it writes again."""
    out = Counted()
    lines = Lines(out)

    for i in range(3):
        lines.write(f"{i}\n")
        lines.flush()
        await asyncio.sleep(0)

    assert out.getvalue() == "0\n1\n2\n"


def test_without_a_loop_a_line_is_written_at_once() -> None:
    """Nothing is lost before the loop begins or after it has ended, not even what the loop left behind."""
    out = Counted()
    lines = Lines(out)

    async def leave_behind() -> None:
        lines.write("within\n")
        lines.flush()

    loop = asyncio.new_event_loop()
    loop.call_soon(lines.write, "before\n")
    loop.run_until_complete(leave_behind())
    loop.close()
    lines.write("after\n")
    lines.flush()

    assert out.getvalue() == "before\nwithin\nafter\n"
