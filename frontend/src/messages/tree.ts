/** What texts are written as: a pair for each, in groups. */
export type Pair = readonly [zh: string, en: string]
export interface Tree {
  readonly [key: string]: Pair | Tree
}
