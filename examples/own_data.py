"""A function with a data file of its own: the file travels by its hash, the function by its source."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from chainboy import program
from chainboy.abi import uint256
from chainboy.testing import LocalNetwork


def main() -> None:
    with TemporaryDirectory() as folder, LocalNetwork(bonds=[300, 200, 100]) as network:
        table = Path(folder) / "sales.csv"
        table.write_text("january,120\nfebruary,95\nmarch,143\n")

        @program(files={"sales": table})
        def best_month(at_least: uint256) -> tuple[str, uint256]:
            """The month that sold most, unless no month sold enough."""
            import csv  # noqa: PLC0415 - a program imports what it needs inside itself

            from chainboy import files  # noqa: PLC0415

            rows = csv.reader(files["sales"].decode().splitlines())
            sold, month = max((int(count), name) for name, count in rows)
            if sold < at_least:
                raise LookupError
            return month, sold

        print("here:      ", best_month(100))
        client = network.client()
        result = client.submit(best_month, at_least=100, price=10**16).result(timeout=60)
        print("agreed on: ", result.value)
        failed = client.submit(best_month, at_least=1_000, price=10**16).result(timeout=60)
        print("not enough:", failed.status.name, failed.outcome.payload.decode())


if __name__ == "__main__":
    main()
