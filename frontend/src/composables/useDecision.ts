/** What a reviewer answers and writes before deciding: kept as a draft, and shown by the form and the bar of buttons. */
import { computed, reactive, ref } from 'vue'
import { useDraft, type Draft } from '@/composables/useDraft'
import type { Answer, Checklist, Decision, Verdict } from '@/lib/reviewing'

export const ITEMS = {
  security: ['no_harmful_code', 'permissions_needed', 'sensitive_apis_explained'],
  quality: ['does_what_it_says', 'documents_complete'],
  compatibility: ['dependencies_right'],
} as const

// The server's limits.
const MOST_RECOMMENDATIONS = 50
const LONGEST_RECOMMENDATION = 500

interface Typed {
  notes: string
  advice: string
  /** Answers by the file's hash. */
  checked: Record<string, Checklist>
}

/** A decision in the making. */
export interface Making {
  typed: Typed
  readonly draft: Draft
  readonly answers: Checklist
  readonly isTooLong: boolean
  /** Is anything written that says why? */
  readonly isExplained: boolean
  answer(section: string, item: string, word: Answer): void
  /** Would the server take this verdict with what is written? */
  allows(verdict: Verdict): boolean
  made(verdict: Verdict): Decision
}

/** `subject`: what the draft is about, null while nothing can be decided; `fileHash`: of the file under review. */
export function useDecision(subject: () => string | null, fileHash: () => string): Making {
  const blank = (): Typed => ({ notes: '', advice: '', checked: {} })
  const typed = ref(blank())
  const draft = useDraft(subject, typed, blank)
  // The checks of one file say nothing about another.
  const answers = computed(() => typed.value.checked[fileHash()] ?? unanswered())
  const recommendations = computed(() =>
    typed.value.advice
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )
  const isTooLong = computed(
    () =>
      recommendations.value.length > MOST_RECOMMENDATIONS ||
      recommendations.value.some((line) => line.length > LONGEST_RECOMMENDATION),
  )
  const isExplained = computed(() => typed.value.notes.trim() !== '' || recommendations.value.length > 0)

  function answer(section: string, item: string, word: Answer): void {
    const now = { ...answers.value, [section]: { ...answers.value[section], [item]: word } }
    typed.value.checked = { [fileHash()]: now }
  }

  function allows(verdict: Verdict): boolean {
    return !isTooLong.value && (verdict === 'approved' || isExplained.value)
  }

  function made(verdict: Verdict): Decision {
    return {
      result: verdict,
      notes: typed.value.notes.trim(),
      checklist: answers.value,
      recommendations: recommendations.value,
    }
  }

  return reactive({ typed, draft, answers, isTooLong, isExplained, answer, allows, made })
}

function unanswered(): Checklist {
  const blank: Answer = 'not_checked'
  return Object.fromEntries(
    Object.entries(ITEMS).map(([section, items]) => [section, Object.fromEntries(items.map((item) => [item, blank]))]),
  )
}
