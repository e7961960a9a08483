/** What a browser is shown at `/`. */
export interface Page {
  readonly html: string
  /** The content security policy, by which nothing but what is in the page runs. */
  readonly policy: string
}
