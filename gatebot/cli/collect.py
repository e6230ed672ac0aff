"""`gatebot collect`: trains and predicts, and leaves evidence. Needs no token and decides nothing."""

import argparse

from gatebot.cli import run as whole_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = "example:\n  gatebot collect --base main --out .gatebot\n"
    whole_run.add_place_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Collect what every enabled check needs."""
    from gatebot.cli.situation import situation
    from gatebot.gate import gather
    from gatebot.run import collecting, leave_evidence

    with situation(arguments) as (occasion, places, stores, progress):
        with collecting(occasion, places, stores, progress) as (case, collector):
            gathered = gather(case, collector, as_baseline=occasion.as_baseline)
        leave_evidence(gathered, places.out)
    print(f"evidence is in {places.out}")
    return 0
