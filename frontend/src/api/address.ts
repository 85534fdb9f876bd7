/** What the OpenAPI document says about each address: the types of requests and answers come from nothing else. */
import type { paths } from './schema'

export type Method = 'get' | 'post' | 'put' | 'delete'

type Documented = keyof paths & string
type WithNames = Extract<Documented, `${string}{${string}`>
type NameIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | NameIn<Rest> : never

declare const documented: unique symbol

/** An address whose names have values: it still knows what it is called in the document. */
export type Filled<Path extends Documented> = string & { readonly [documented]: Path }

/** Where a documented path is asked for: the path itself, or `at` where it has names. */
export type Address<Path extends Documented> = (Path extends WithNames ? never : Path) | Filled<Path>

/** A documented path with the values of its names: `at('/users/{user_id}', { user_id })`. */
export function at<const Path extends WithNames>(path: Path, values: Record<NameIn<Path>, string>): Filled<Path> {
  const named: Record<string, string> = values
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(named[name] ?? '')) as Filled<Path>
}

/** The documented paths that know this method. */
export type PathOf<M extends Method> = {
  [Path in Documented]: paths[Path] extends Record<M, object> ? Path : never
}[Documented]

type Json<Content> = { content: { 'application/json': Content } }

/** The `data` of the answer; unknown where it is none of the server's usual ones, as a file is. */
export type DataOf<M extends Method, Path extends PathOf<M>> = paths[Path][M] extends {
  responses: { 200: Json<{ data: infer Data }> } | { 201: Json<{ data: infer Data }> }
}
  ? Data
  : unknown

/** What is sent as JSON: nothing where the document names no body. */
export type BodyOf<M extends Method, Path extends PathOf<M>> = paths[Path][M] extends { requestBody?: Json<infer Body> }
  ? Body
  : Record<string, never>

/** What may stand in the query. */
export type QueryOf<M extends Method, Path extends PathOf<M>> = paths[Path][M] extends {
  parameters: { query?: infer Query extends object }
}
  ? Query
  : Record<string, never>

/** The arguments for what is sent, which may be left out where nothing in it is needed, and those after it. */
export type Sent<Values, More extends unknown[] = []> =
  Record<never, never> extends Values ? [values?: Values, ...more: More] : [values: Values, ...more: More]
