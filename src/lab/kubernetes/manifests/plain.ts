/** The client's types are classes, but what goes over the wire, and what YAML gives, are plain objects of the same shape. */
export type Plain<T> = T extends Date
  ? T
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

export function plain<T>(object: T): Plain<T> {
  return object as Plain<T>;
}
