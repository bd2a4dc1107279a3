/**
 * A profile in the pprof format (profile.proto of github.com/google/pprof), which `go tool pprof`, speedscope and most
 * profile viewers read: protocol buffers, gzipped. Only what such a file needs is written.
 */
import { gzipSync } from "node:zlib";
import type { ProfileTree } from "./profile-tree.js";

export interface PprofUnits {
  /** What is measured, as `cpu` or `inuse_space`. */
  readonly type: string;
  readonly unit: "nanoseconds" | "bytes";
  /** From a tree's own unit to `unit`. */
  readonly factor: number;
  readonly durationNs: number;
}

// Field numbers of profile.proto.
const [SAMPLE_TYPE, SAMPLE, LOCATION, FUNCTION, STRINGS, DURATION_NS] = [1, 2, 4, 5, 6, 10];
const [VARINT, BYTES] = [0, 2];

/** Protocol buffers, writing only. */
class Message {
  readonly #bytes: number[] = [];

  varint(value: number): this {
    let rest = BigInt(Math.round(value));
    for (; rest > 127n; rest >>= 7n) this.#bytes.push(Number(rest & 127n) | 128);
    this.#bytes.push(Number(rest));
    return this;
  }
  number(field: number, value: number): this {
    return this.varint(field * 8 + VARINT).varint(value);
  }
  bytes(field: number, content: Uint8Array): this {
    this.varint(field * 8 + BYTES).varint(content.length);
    for (const byte of content) this.#bytes.push(byte);
    return this;
  }
  packed(field: number, values: readonly number[]): this {
    const content = new Message();
    for (const value of values) content.varint(value);
    return this.bytes(field, content.done());
  }
  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** Numbers of things that are named once and referred to by number. */
class Numbers {
  readonly #known = new Map<string, number>();
  constructor(readonly first: number) {}
  /** `added` is called for one that is new. */
  of(key: string, added: (number: number) => void = () => undefined): number {
    let number = this.#known.get(key);
    if (number === undefined) {
      number = this.#known.size + this.first;
      this.#known.set(key, number);
      added(number);
    }
    return number;
  }
  get keys(): readonly string[] {
    return [...this.#known.keys()];
  }
}

export function pprof(tree: ProfileTree, { type, unit, factor, durationNs }: PprofUnits): Uint8Array {
  const strings = new Numbers(0);
  strings.of("");
  const profile = new Message();
  profile.bytes(SAMPLE_TYPE, new Message().number(1, strings.of(type)).number(2, strings.of(unit)).done());
  const functions = new Numbers(1);
  const locations = new Numbers(1);
  const functionOf = ({ name, file }: ProfileTree): number =>
    functions.of(`${name}\n${file}`, (id) => {
      const text = strings.of(name);
      profile.bytes(
        FUNCTION,
        new Message().number(1, id).number(2, text).number(3, text).number(4, strings.of(file)).done(),
      );
    });
  const locationOf = (frame: ProfileTree): number =>
    locations.of(`${frame.name}\n${frame.file}\n${frame.line}`, (id) => {
      const line = new Message().number(1, functionOf(frame)).number(2, frame.line).done();
      profile.bytes(LOCATION, new Message().number(1, id).bytes(4, line).done());
    });
  const visit = (frame: ProfileTree, callers: readonly number[]): void => {
    const stack = [locationOf(frame), ...callers];
    if (frame.self > 0)
      profile.bytes(
        SAMPLE,
        new Message()
          .packed(1, stack)
          .packed(2, [frame.self * factor])
          .done(),
      );
    for (const child of frame.children) visit(child, stack);
  };
  for (const child of tree.children) visit(child, []);
  const encoder = new TextEncoder();
  for (const text of strings.keys) profile.bytes(STRINGS, encoder.encode(text));
  profile.number(DURATION_NS, durationNs);
  return gzipSync(profile.done());
}
