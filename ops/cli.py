"""The command `cosdrop`. One document on standard output with `--json`; people's text goes to standard error."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import click

from ops import connection, drops, supervisor
from ops import status as standing
from ops import why as history
from ops.screen import say, show, show_answer, show_status
from shared.errors import CosdropError

DEFAULT_DATA = Path(".local")

_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="COSDROP_DATA",
    help="Folder of a running local stack; without it the cloud settings of the environment are used.",
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


class _Commands(click.Group):
    """Says what is wrong in a sentence instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (CosdropError, supervisor.StackError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cosdrop")
def main() -> None:
    """An OSS bucket as a photo booth: drop a portrait, get a cartoon cosplay portrait."""


@main.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="COSDROP_DATA",
    default=DEFAULT_DATA,
    show_default=True,
    help="Where the stack keeps everything.",
)
@click.option("--fresh", is_flag=True, help="Throw away what is there and begin anew.")
def up(data: Path, fresh: bool) -> None:
    """Run the whole booth on this machine until Ctrl-C.

    \b
    Example:
      cosdrop up --data ./.local
    """
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, end)
    with supervisor.running(data, say, fresh=fresh) as running:
        click.echo(json.dumps(running.stack.endpoints()))
        say(f"the booth is up; drop photos with `cosdrop drop FILE --data {data}`, end it with Ctrl-C")
        ended.wait()
    say("ended")


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--route", default="", help="The first folder below photos/; picks the character.")
@click.option("--no-wait", is_flag=True, help="Only drop; do not wait for the portraits.")
@_data
@_json
def drop(files: tuple[Path, ...], route: str, no_wait: bool, data: Path | None, as_json: bool) -> None:
    """Drop photos into the booth and wait for their portraits.

    Exit code 0 when all became portraits, 1 when any is an error or held.

    \b
    Example:
      cosdrop drop me.jpg you.jpg --route hero --data ./.local
    """
    planned = drops.plan(files, route)
    booth = connection.connect(data)
    dropped = [drops.drop(booth, file, photo) for file, photo in planned]
    if no_wait:
        outcomes = [drops.Outcome(one) for one in dropped]
    else:
        outcomes = show(drops.follow(booth, dropped), len(dropped))
        outcomes.sort(key=lambda one: dropped.index(one.drop))
    if as_json:
        click.echo(json.dumps([one.told() for one in outcomes], ensure_ascii=False, indent=2))
    sys.exit(any(one.error is not None for one in outcomes))


@main.command()
@_data
@_json
def status(data: Path | None, as_json: bool) -> None:
    """How many photos wait, are at work, are done.

    \b
    Example:
      cosdrop status --data ./.local --json
    """
    found = standing.status(connection.connect(data))
    if as_json:
        click.echo(json.dumps(found.told()))
    else:
        show_status(found)


@main.command()
@click.argument("photo")
@_data
@_json
def why(photo: str, data: Path | None, as_json: bool) -> None:
    """What happened to PHOTO, step by step. PHOTO is its key in the bucket.

    \b
    Example:
      cosdrop why photos/hero/me.jpg --data ./.local
    """
    answer = history.why(connection.connect(data), photo)
    if as_json:
        click.echo(json.dumps(answer.told(), ensure_ascii=False, indent=2))
    else:
        show_answer(answer)


@main.command()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_DATA / "demo", show_default=True
)
@_json
def demo(out: Path, as_json: bool) -> None:
    """Five photos through the whole booth on this machine.

    \b
    Example:
      cosdrop demo --json
    """
    from ops.demo import demo as run

    result = run(out)
    if as_json:
        click.echo(json.dumps(result.told()))
        return
    say(str(result))
    for file in (*result.files, result.sheet):
        say(f"  {file}")


if __name__ == "__main__":
    main()
