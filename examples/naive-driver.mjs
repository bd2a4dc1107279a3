// A naive prefix index behind the driver protocol: it believes every event it sees and repairs nothing that it misses.
//   node dist/kvproof.js run test/e2e/happy-path.yaml --sut "stdio:node examples/naive-driver.mjs"
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { decode } from "@msgpack/msgpack";
import { Subscriber } from "zeromq";

const STORED = ["block_hashes", "parent_block_hash", "token_ids", "block_size", "lora_id", "medium", "lora_name"];
const engines = new Map(); // name → { model, size: tokens per block, keys: engine's hash → chain, sockets }

/** What a block is: its tokens and everything before them. */
const chain = (before, tokens) => createHash("sha1").update(`${before}|${tokens}`).digest("base64");
const root = (lora) => `lora:${lora ?? ""}`;

function apply(engine, event) {
  const named = Array.isArray(event) ? Object.fromEntries(event.slice(1).map((value, i) => [STORED[i], value])) : event;
  const type = named.type ?? event[0];
  if (type === "AllBlocksCleared") engine.keys.clear();
  if (type === "BlockRemoved") for (const hash of named.block_hashes) engine.keys.delete(String(hash));
  if (type !== "BlockStored") return;
  let key = engine.keys.get(String(named.parent_block_hash)) ?? root(named.lora_name); // an unknown parent is taken for none
  named.block_hashes.forEach((hash, i) => {
    key = chain(key, named.token_ids.slice(i * engine.size, (i + 1) * engine.size));
    engine.keys.set(String(hash), key);
  });
}

async function follow(engine, socket) {
  for await (const [, , payload] of socket) {
    const batch = decode(payload, { useBigInt64: true });
    for (const event of batch.events ?? batch[1]) apply(engine, event);
  }
}

const methods = {
  hello: () => ({ protocol: 1, name: "naive-index", version: "1", capabilities: { match: true, dump: true, lora: true } }),
  "engine.add": ({ engine, model, block_size, topic, ranks }) => {
    methods["engine.remove"]({ engine });
    const added = { model, size: block_size, keys: new Map(), sockets: ranks.map(() => new Subscriber()) };
    added.sockets.forEach((socket, i) => (socket.connect(ranks[i].events), socket.subscribe(topic), follow(added, socket)));
    return engines.set(engine, added) && {};
  },
  "engine.remove": ({ engine }) => (engines.get(engine)?.sockets.forEach((s) => s.close()), engines.delete(engine), {}),
  match: ({ model, lora, tokens }) => ({
    engines: Object.fromEntries([...engines].filter(([, e]) => e.model === model).map(([name, { size, keys }]) => {
      const held = new Set(keys.values());
      let [blocks, key] = [0, root(lora)];
      while ((blocks + 1) * size <= tokens.length && held.has((key = chain(key, tokens.slice(blocks * size, (blocks + 1) * size))))) blocks++;
      return [name, blocks];
    })),
  }),
  dump: () => ({ engines: Object.fromEntries([...engines].map(([name, { keys }]) => [name, { blocks: keys.size }])) }),
  stop: () => setTimeout(() => process.exit(0), 50) && {},
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ id, result: methods[method](params) })}\n`);
}).on("close", () => process.exit(0));
