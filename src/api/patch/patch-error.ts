/** A patch that cannot be applied. `code` is the HTTP status that the API server answers with. */
export class PatchError extends Error {
  constructor(
    message: string,
    readonly code: 400 | 422,
  ) {
    super(message);
  }
}
