/** Text of stored files, as it may go to a terminal, where control characters could do anything. */
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";

/** Characters of a name or headline. */
const MAX_TEXT = 300;

export const plainText = z.string().transform((raw) =>
  stripVTControlCharacters(raw)
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ")
    .slice(0, MAX_TEXT),
);
