import type { Defect } from "../../defect.js";

export const defect: Defect = {
  id: "byte-hashes-refused",
  title: "block hashes sent as bytes make the event malformed",
  seenIn: "dynamo#3180, production-stack#1062",
  covers: ["D50", "W9", "A-HASHFORM"],
  foundBy: ["S2", "C1"],
  patches: [
    {
      file: "src/protocol/msgpack-cursor.ts",
      find: 'if (length === 0) throw new ProtocolError("KVP_E_MSGPACK_TYPE", `an empty hash at byte ${start}`);',
      replace: 'if (length >= 0) throw new ProtocolError("KVP_E_MSGPACK_TYPE", `no integer at byte ${start}`);',
    },
  ],
};
