/**
 * What was typed and not sent: kept in this browser for whoever typed it, until it is sent or thrown away.
 *
 * Bounded in number, size and age. Nothing that is secret is ever given to it.
 */
import { useSession } from '@/stores/session'

export interface StoredDraft {
  /** When it was typed, in milliseconds. */
  at: number
  /** What the form showed before. */
  base: unknown
  values: unknown
}

const PREFIX = 'microdock.draft.'
export const MOST = 60
export const LONGEST = 200_000
export const DAYS = 30

/** The name of a draft of the user's; null for nobody. */
export function keyOf(subject: string, userId: string | undefined = useSession().user?.id): string | null {
  return userId === undefined ? null : `${PREFIX}${userId}.${subject}`
}

/** The draft of whoever is logged in about this; null where there is none. */
export function keptAbout(subject: string): StoredDraft | null {
  const key = keyOf(subject)
  return key === null ? null : read(key)
}

export function read(key: string): StoredDraft | null {
  const kept = parsed(localStorage.getItem(key))
  return kept !== null && isRecent(kept) ? kept : null
}

/** Keep a draft; the oldest ones make room for it. False where there is none. */
export function write(key: string, kept: StoredDraft): boolean {
  const text = JSON.stringify(kept)
  if (text.length > LONGEST) return false
  const others = all().filter((other) => other.key !== key)
  for (const { key: gone } of others.slice(MOST - 1)) localStorage.removeItem(gone)
  for (let left = others.slice(0, MOST - 1); ; left = left.slice(0, -1)) {
    try {
      localStorage.setItem(key, text)
      return true
    } catch {
      const oldest = left.at(-1)
      if (oldest === undefined) return false
      localStorage.removeItem(oldest.key)
    }
  }
}

export function erase(key: string): void {
  localStorage.removeItem(key)
}

/** Every draft in this browser, whosever it is, the newest first; what is too old, or none, is taken away. */
function all(): { key: string; at: number }[] {
  const keys = Array.from({ length: localStorage.length }, (_, place) => localStorage.key(place) ?? '')
  const found: { key: string; at: number }[] = []
  for (const key of keys.filter((name) => name.startsWith(PREFIX))) {
    const kept = parsed(localStorage.getItem(key))
    if (kept !== null && isRecent(kept)) found.push({ key, at: kept.at })
    else localStorage.removeItem(key)
  }
  return found.sort((one, other) => other.at - one.at)
}

function isRecent({ at }: StoredDraft): boolean {
  return Date.now() - at < DAYS * 86_400_000
}

function parsed(text: string | null): StoredDraft | null {
  try {
    const kept = JSON.parse(text ?? 'null') as StoredDraft | null
    return typeof kept?.at === 'number' && typeof kept.values === 'object' && kept.values !== null ? kept : null
  } catch {
    return null
  }
}
