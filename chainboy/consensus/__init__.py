"""The pure integer mirror of the contracts: no input, no output, no web3."""
