"""A load generator on raw sockets: closed loop, or open loop counted from the moment a request was due."""
import asyncio
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TIMEOUT = 30


@dataclass
class Tally:
    """Milliseconds of the good answers, words on the others."""
    ms: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    answer: bytes = b""              # the last good one
    headers: dict = field(default_factory=dict)

    def at(self, percent: float) -> float:
        """The nearest-rank percentile in ms."""
        ranked = sorted(self.ms)
        return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))] if ranked else float("nan")

    @property
    def rate(self) -> float:
        return len(self.ms) / self.seconds if self.seconds else 0.0

    def failed(self, words: str) -> None:
        self.errors[words] = self.errors.get(words, 0) + 1


class Line:
    """One keep-alive connection."""

    def __init__(self, url: str):
        where = urlsplit(url)
        self.host, self.port, self.reader, self.writer = where.hostname, where.port, None, None

    async def ask(self, method, path, headers, body) -> tuple[int, dict, bytes]:
        fresh = self.writer is None
        if fresh:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=1 << 20)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{head}"
                          f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        try:
            return await self._read(method)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            if fresh:
                raise
            return await self.ask(method, path, headers, body)       # an idle line the server had shut

    async def _read(self, method):
        first, *rest = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            while size := int(await self.reader.readline(), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readexactly(2)
        elif method != "HEAD":
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(first[9:12]), headers, body

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None


@dataclass
class Request:
    """What to send: `make(n)` gives headers and body of the n-th; an answer below 300 is good."""
    url: str
    method: str = "GET"
    headers: dict = field(default_factory=dict)
    make: object = None
    path: object = None              # n -> path, where it changes with the number
    count: int = 0

    async def send(self, line: Line, tally: Tally, due: float) -> None:
        self.count += 1
        headers, body = self.make(self.count) if self.make else ({}, b"")
        where = urlsplit(self.url)
        path = self.path(self.count) if self.path else f"{where.path}?{where.query}".rstrip("?")
        try:
            asked = line.ask(self.method, path, {**self.headers, **headers}, body)
            status, got, answer = await asyncio.wait_for(asked, TIMEOUT)
        except Exception as error:
            line.close()
            return tally.failed(type(error).__name__)
        if not 200 <= status < 300:
            return tally.failed(f"status {status}")
        tally.ms.append((time.perf_counter() - due) * 1000)
        tally.answer, tally.headers = answer, got


async def _closed(request, number, lines, tally):
    left = iter(range(number))

    async def one(line):
        for _ in left:
            await request.send(line, tally, time.perf_counter())
    began = time.perf_counter()
    await asyncio.gather(*(one(line) for line in lines))
    tally.seconds += time.perf_counter() - began


def closed(request: Request, number: int, lines: int = 1, warm: int = 3) -> Tally:
    """`number` requests over this many connections, each sent when the one before has answered."""
    async def run():
        open_lines, tally = [Line(request.url) for _ in range(lines)], Tally()
        await _closed(request, warm, open_lines, Tally())
        await _closed(request, number, open_lines, tally)
        return tally
    return asyncio.run(run())


def paired(ours: Request, floor: Request, number: int, rounds: int = 5, lines: int = 1) -> tuple[Tally, Tally]:
    """The two by turns in one run, so that a busy machine is unfair to both alike."""
    async def run():
        sides = [(side, Tally(), [Line(side.url) for _ in range(lines)]) for side in (ours, floor)]
        for side, _, open_lines in sides:
            await _closed(side, 3 * lines, open_lines, Tally())
        for turn in range(rounds):
            for side, tally, open_lines in sides[::1 if turn % 2 else -1]:
                await _closed(side, number, open_lines, tally)
        return sides[0][1], sides[1][1]
    return asyncio.run(run())


def open_loop(request: Request, rate: float, seconds: float, lines: int = 64) -> Tally:
    """`rate` requests a second on a timetable; waiting for a server that stalls counts."""
    async def run():
        tally, free, jobs = Tally(), asyncio.Queue(), []
        for _ in range(lines):
            free.put_nowait(Line(request.url))

        async def fire(due):
            line = await free.get()
            await request.send(line, tally, due)
            free.put_nowait(line)
        began = time.perf_counter()
        for number in range(int(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            jobs.append(asyncio.create_task(fire(due)))
        await asyncio.gather(*jobs)
        tally.seconds = time.perf_counter() - began
        return tally
    return asyncio.run(run())
