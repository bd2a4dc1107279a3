/** The image of kvproof where none is named: one that was built here and loaded into nodes. */
export const DEFAULT_IMAGE = "localhost/kvproof:dev";
