/** What an entry of the audit log says, taken apart: the sentence's parts, what changed, and what else there is. */
import type { AuditEntry } from '@/api/types'

export type Details = AuditEntry['details']

export interface Change {
  field: string
  before: unknown
  after: unknown
}

/** Sentences say these by themselves, and an entry as it is stored has them: they are no line of their own. */
const SAID = new Set([
  ...['plugin', 'reviewer_id', 'verified', 'count', 'amount', 'currency', 'entry', 'role'],
  ...['file_hash', 'plugin_id', 'review', 'tombstone', 'published', 'actions', 'override', 'changes'],
])
/** Why, in somebody's own words: stands below the sentence. */
const REASONS = ['reason', 'notes', 'text', 'revoke_reason', 'override_reason']
/** Settings of the server are recorded with their section. */
const SECTION = /^[a-z]+_settings\./
/** Acts with a version of their own, or one that their sentence says. */
const SAYS_VERSION = /^(version|review|job)\.|^plugin\.recommended$/

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Is anything said? Empty texts and lists, and what is not so, are no news beside a sentence. */
function isSomething(value: unknown): boolean {
  return !(
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  )
}

/** The key of the sentence below `audit.said`; some acts have two. */
export function sentenceOf({ action, details }: Pick<AuditEntry, 'action' | 'details'>): string {
  if (action === 'developer.verified' && details.verified === false) return 'developer.refused'
  if (action === 'plugin.recommended' && details.version === null) return 'plugin.unrecommended'
  return action
}

/** What is another since, field by field. */
export function changesOf({ action, details }: Pick<AuditEntry, 'action' | 'details'>): Change[] {
  if (action === 'user.role_changed') return [{ field: 'role', before: details.before, after: details.after }]
  if (action === 'plugin.recommended') {
    return [{ field: 'version', before: details.before, after: details.version ?? null }]
  }
  if (!isRecord(details.changes)) return []
  return Object.entries(details.changes).flatMap(([name, change]) =>
    isRecord(change) && 'from' in change
      ? [{ field: name.replace(SECTION, ''), before: change.from, after: change.to ?? null }]
      : [],
  )
}

/** The reason that was given, by field; a text in several languages as it stands. */
export function reasonsOf({ action, details }: Pick<AuditEntry, 'action' | 'details'>): [string, unknown][] {
  // A block's reason is what users read, and stands with what else the block says.
  const fields = action.startsWith('block.') ? REASONS.filter((name) => name !== 'reason') : REASONS
  return fields.flatMap((name) => (isSomething(details[name]) ? [[name, details[name]] as [string, unknown]] : []))
}

/** What else was recorded and says something. */
export function factsOf({ action, details }: Pick<AuditEntry, 'action' | 'details'>): [string, unknown][] {
  const changes = changesOf({ action, details })
  const told = new Set([...SAID, ...reasonsOf({ action, details }).map(([name]) => name)])
  if (changes.length > 0) ['fields', 'before', 'after'].forEach((name) => told.add(name))
  if (SAYS_VERSION.test(action)) told.add('version')
  // A category's sentence has its name.
  if (action.startsWith('category.')) told.add('name')
  return Object.entries(details).filter(([name, value]) => !told.has(name) && isSomething(value))
}

/** Money is recorded in hundredths. */
export function amountOf({ amount, currency }: Details, language: string): string {
  if (typeof amount !== 'number' || typeof currency !== 'string') return ''
  return new Intl.NumberFormat(language, { style: 'currency', currency }).format(amount / 100)
}

type Place = { name: string; params?: Record<string, string>; query?: Record<string, string> }

/** The page that an entry's target has, or is listed on; null for what is gone or has none. */
export function placeOf(entry: Pick<AuditEntry, 'action' | 'target' | 'details'>): Place | null {
  const { target, details, action } = entry
  if (!target.exists) return null
  const plugin = typeof details.plugin === 'string' ? details.plugin : ''
  const named: Record<string, string> = target.name === null ? {} : { search: target.name }
  const places: Record<string, Place | null> = {
    plugin: { name: 'plugin', params: { name: target.id } },
    review: { name: 'review', params: { id: target.id } },
    rating: plugin === '' ? null : { name: 'plugin', params: { name: plugin } },
    appeal: { name: 'appeals', query: { status: action.replace('appeal.', ''), open: target.id } },
    block: { name: 'blocks', query: plugin === '' ? {} : { plugin } },
    category: { name: 'categories' },
    user: { name: 'users', query: named },
    developer: { name: 'developers', query: named },
    backup: { name: 'backups' },
    job: { name: 'system', query: { tab: 'jobs' } },
    storage: { name: 'system', query: { tab: 'health' } },
    system: target.id === 'config' ? { name: 'system' } : null,
  }
  return places[target.type] ?? null
}

/** Names that stand for no account, as `(server)`: the key of their word. */
export function wordOfActor(username: string): string | null {
  return /^\(.+\)$/.test(username) ? username.slice(1, -1).replace(' ', '_') : null
}

/** Spans of time to choose from: how many days, today included. */
export const SPANS = { today: 1, week: 7, month: 30 } as const
export type Span = keyof typeof SPANS

/** When a span begins: at midnight in the reader's zone, in the server's form. */
export function startOf(span: Span, now: Date = new Date()): string {
  const start = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (SPANS[span] - 1))
  return start.toISOString().replace('.000Z', 'Z')
}

/** The span that an address means; null for another time. */
export function spanOf(since: string, until: string, now: Date = new Date()): Span | null {
  if (until !== '') return null
  return (Object.keys(SPANS) as Span[]).find((span) => startOf(span, now) === since) ?? null
}
