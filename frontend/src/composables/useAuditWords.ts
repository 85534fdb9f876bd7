/** What the audit log says by codes, in words. A code that has none is shown as it is. */
import { useI18n } from 'vue-i18n'
import type { AuditEntry } from '@/api/types'
import { useWords } from '@/composables/useWords'
import { wordOfActor } from '@/lib/audit'
import { count, moment, size } from '@/lib/format'
import { usePreferences } from '@/stores/preferences'

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
/** Values that are words of the server, by field: where their words are. */
const AREAS: Record<string, string> = {
  role: 'role',
  status: 'status',
  priority: 'status',
  severity: 'releases.severity',
  way: 'audit.way',
  channel: 'releases.channels',
  fields: 'audit.field',
  kind: 'system.jobs.kind',
  problem: 'system.task.problem',
}

export function useAuditWords() {
  const { t, te } = useI18n()
  const preferences = usePreferences()
  const word = useWords()

  function act(action: string): string {
    if (action.endsWith('.')) return t('audit.allOf', { kind: kind(action.slice(0, -1)) })
    return te(`audit.act.${action}`) ? t(`audit.act.${action}`) : action
  }
  const kind = (type: string): string => word('audit.target', type)
  const field = (name: string): string => word('audit.field', name)

  /** Accounts are called by their name; others by a word, as the server itself. */
  function actor(username: string): string {
    const key = wordOfActor(username)
    return key === null ? username : word('audit.actor', key)
  }

  function listed(values: unknown[], name: string, names: AuditEntry['names']): string {
    const separator = preferences.language.startsWith('zh') ? '、' : ', '
    return values.length === 0 ? t('audit.nothing') : values.map((one) => value(name, one, names)).join(separator)
  }

  function record(values: Record<string, unknown>, name: string, names: AuditEntry['names']): string {
    const language = preferences.language.split('-')[0] ?? ''
    // A text in several languages; a prefix with its owners; a damaged file with its problem.
    if (typeof values[language] === 'string') return value(name, values[language], names)
    return Object.entries(values)
      .filter(([, one]) => !Array.isArray(one) || one.length > 0)
      .map(([part, one]) => value(part in AREAS ? part : name, one, names))
      .join(' – ')
  }

  /** A recorded value as people read it. `names`: what ids are called. */
  function value(name: string, said: unknown, names: AuditEntry['names']): string {
    if (said === null || said === undefined || said === '') return t('audit.nothing')
    if (typeof said === 'boolean') return said ? t('state.yes') : t('state.no')
    if (typeof said === 'number') {
      if (name === 'max_file_size') return size(said)
      return name === 'rollout' ? `${said} %` : count(said, preferences.language)
    }
    if (Array.isArray(said)) return listed(said, name, names)
    if (typeof said === 'object') return record(said as Record<string, unknown>, name, names)
    const text = String(said)
    if (MOMENT.test(text)) return moment(text)
    const area = AREAS[name]
    return names[text] ?? (area === undefined ? text : word(area, text))
  }

  return { act, kind, field, actor, value }
}
