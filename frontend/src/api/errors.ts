/** What went wrong with a request, as the server said it, or as the network did. */
import { AxiosError } from 'axios'
import type { Detail } from './types'

export class ApiError extends Error {
  constructor(
    message: string,
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
    readonly slug: string,
    readonly details: Detail[],
    readonly requestId: string,
    /** Whole seconds until another try makes sense; null where nobody said. */
    readonly retryAfter: number | null = null,
  ) {
    super(message)
    this.name = 'ApiError'
  }

  /** The message for a field of a form, by its path (`review_settings.max_review_time`). */
  field(name: string): string | undefined {
    return this.details.find((detail) => detail.field === name)?.message
  }
}

/** Did somebody else save meanwhile what was to be saved? */
export function isStale(reason: unknown): boolean {
  return reason instanceof ApiError && reason.slug === 'changed_meanwhile'
}

/**
 * Was it no answer of the server's? No answer at all, or a proxy's in its stead: what the server says itself when it is
 * busy has a name of its own.
 */
export function isUnreachable(reason: unknown): boolean {
  if (!(reason instanceof ApiError)) return false
  if ([0, 502, 504].includes(reason.status)) return true
  return reason.status === 503 && ['', 'unavailable'].includes(reason.slug)
}

/** Did the page itself take the request back, as where an upload is cancelled? */
export function isTakenBack(reason: unknown): boolean {
  return reason instanceof AxiosError && reason.code === AxiosError.ERR_CANCELED
}

interface Refusal {
  message?: unknown
  /** A slug on the host API; `{slug, details}` on the others. */
  error?: unknown
  details?: unknown
}

/** Read any surface's refusal; `fallback` is said where the body is none. */
export function asApiError(
  status: number,
  body: unknown,
  requestId: string,
  fallback: string,
  retryAfter: number | null = null,
): ApiError {
  const refusal: Refusal = typeof body === 'object' && body !== null ? body : {}
  const nested: Refusal & { slug?: unknown } =
    typeof refusal.error === 'object' && refusal.error !== null ? refusal.error : {}
  const slug = typeof refusal.error === 'string' ? refusal.error : nested.slug
  const details = nested.details ?? refusal.details
  return new ApiError(
    typeof refusal.message === 'string' && refusal.message !== '' ? refusal.message : fallback,
    status,
    typeof slug === 'string' ? slug : '',
    Array.isArray(details) ? (details as Detail[]) : [],
    requestId,
    retryAfter,
  )
}

/** A Retry-After header (RFC 9110: seconds, or a date) in whole seconds from `now`; null where it is neither. */
export function secondsOf(header: unknown, now: number = Date.now()): number | null {
  const text = typeof header === 'string' ? header.trim() : ''
  if (/^\d{1,9}$/.test(text)) return Number(text)
  // Dates begin with the day of the week: less would take any number for a year.
  const at = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000))
}
