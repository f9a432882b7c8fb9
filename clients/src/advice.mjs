/** A failure whose message is the whole story: what is wrong, and what to do. No stack helps. */
export class Advice extends Error {}
