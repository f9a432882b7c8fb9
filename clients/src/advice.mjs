/** An error whose message says what is wrong and how to fix it. It is printed without a stack. */
export class Advice extends Error {}
