/** A block as a form: lists and what may be absent as text. */
import type { Block } from '@/api/types'
import { listed } from '@/lib/hostSettings'

/** The mildest first. */
export const SEVERITIES = ['warn', 'disable', 'remove'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface BlockForm {
  plugin: string
  versions: string
  sha256: string
  severity: Severity
  zh: string
  en: string
  advisory_url: string
  expires_at: string
}

/** The form of a block; of a new one for null. */
export function formOf(block: Block | null): BlockForm {
  return {
    plugin: block?.plugin ?? '',
    versions: block?.versions ?? '',
    sha256: block?.sha256.join('\n') ?? '',
    severity: block?.severity ?? 'disable',
    zh: block?.reason.zh ?? '',
    en: block?.reason.en ?? '',
    advisory_url: block?.advisory_url ?? '',
    expires_at: block?.expires_at ?? '',
  }
}

/** What is sent. */
export function bodyOf(form: BlockForm) {
  return {
    plugin: form.plugin.trim(),
    versions: form.versions.trim() || null,
    sha256: listed(form.sha256),
    severity: form.severity,
    reason: { zh: form.zh.trim(), en: form.en.trim() },
    advisory_url: form.advisory_url.trim(),
    expires_at: form.expires_at || null,
  }
}
