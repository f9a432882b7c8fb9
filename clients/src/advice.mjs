/** An error whose message states the problem and the remedy. It is printed without a stack. */
export class Advice extends Error {}
