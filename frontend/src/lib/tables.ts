/** What a table is made of. */

export interface Column {
  /** The name of the slot for its cells, which is given `row` and its `place`. */
  name: string
  /** Its heading; on phones its label in every card. */
  label: string
  /** `head`: what the row is called by; `acts`: what can be done, always in sight; `check`: for choosing rows;
  `number`: at the end; `short`: a text of a few words or of a machine, on one line as wide as it is. */
  kind?: 'head' | 'acts' | 'check' | 'number' | 'short'
  isHidden?: boolean
  /** On phones it stands on one line with others, without its label: its cells say by themselves what they are. */
  isBrief?: boolean
}

/** Does a column say nothing that the filter above it does not say? Then it is left out. */
export function isFolded<Row>(filter: string | undefined, rows: readonly Row[], value: (row: Row) => unknown): boolean {
  return Boolean(filter) && rows.length > 0 && rows.every((row) => value(row) === value(rows[0] as Row))
}

/** Do several rows all say the ordinary in a column? Then it is left out too. */
export function isAlike<Row>(rows: readonly Row[], value: (row: Row) => unknown, ordinary: unknown): boolean {
  return rows.length > 1 && rows.every((row) => value(row) === ordinary)
}

/** What follows a click by itself, or has something to say of its own. */
const OWN = 'a, button, input, label, select, textarea, summary, img, [tabindex], .el-select, .el-checkbox'

/** Was it a plain click on what only lies there? Others are the browser's: a new tab, a selection, a link of its own. */
export function isPlainClick(event: MouseEvent): boolean {
  const isModified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
  if (event.defaultPrevented || event.button !== 0 || isModified) return false
  const row = event.currentTarget as Element
  const own = (event.target as Element).closest(OWN)
  if (own !== null && row.contains(own)) return false
  return getSelection()?.isCollapsed ?? true
}
