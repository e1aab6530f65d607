// The one place that says how every contract is compiled.
"use strict";

module.exports = {
  evmVersion: "istanbul",
  viaIR: true,
  optimizer: { enabled: true, runs: 10000 },
  metadata: { bytecodeHash: "none", appendCBOR: false },
};
