/** Mistakes in a form that can be seen without asking the service: [{ field, text }]. */
export class Mistakes extends Error {
  constructor(list) {
    super("mistakes");
    this.list = list;
  }
}
