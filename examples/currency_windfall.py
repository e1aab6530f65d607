"""A heavy program over real data: what 1,000 euros could have become since 1999.

The program is a file with its metadata in it (chainboy/demo/programs/euro_rates.py); its data, the European
Central Bank's daily rates, is named there by CID. Both are put into the content store, where nodes find them.
"""

from __future__ import annotations

from chainboy import demo
from chainboy.testing import LocalNetwork


def main() -> None:
    with LocalNetwork(bonds=[300, 200, 100]) as network:
        demo.publish(network.content)
        client = network.client()
        program = demo.load(demo.EURO_RATES)
        estimate = client.estimate(program, euros=1_000, exchanges=4, fee_bps=25)
        print(f"fuel {estimate.fuel:,}, {estimate.seconds:.1f} s on this machine")
        task = client.submit(program, euros=1_000, exchanges=4, fee_bps=25, price=10**16)
        result = task.result(timeout=300)
        cents, journey = result.value
        print(f"{cents / 100:,.2f} euros, by way of {journey}")
        print(f"{result.agreeing_weight} of {result.total_weight} tokens agree")


if __name__ == "__main__":
    main()
