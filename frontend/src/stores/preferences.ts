/** Language, theme, and whether single keys do something; stored in this browser. */
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { LANGUAGES } from '@/i18n'

export type Theme = 'light' | 'dark'

const LANGUAGE = 'microdock.language'
const THEME = 'microdock.theme'
const SHORTCUTS = 'microdock.shortcuts'

export const usePreferences = defineStore('preferences', () => {
  const language = ref(storedLanguage())
  const theme = ref<Theme>(storedTheme())
  /** Who speaks to their computer, or slips, does not want single letters to act. */
  const hasShortcuts = ref(localStorage.getItem(SHORTCUTS) !== 'off')

  watch(
    language,
    (value) => {
      localStorage.setItem(LANGUAGE, value)
      document.documentElement.lang = value
    },
    { immediate: true },
  )
  watch(theme, (value) => document.documentElement.classList.toggle('dark', value === 'dark'), { immediate: true })

  watch(hasShortcuts, (value) => localStorage.setItem(SHORTCUTS, value ? 'on' : 'off'))

  /** Until it is switched here or in the gallery, it is the system's. */
  function switchTheme(): void {
    theme.value = theme.value === 'dark' ? 'light' : 'dark'
    localStorage.setItem(THEME, theme.value)
  }

  return { language, theme, hasShortcuts, switchTheme }
})

/** The language that was chosen here, or else the browser's; the tag of one that there is. */
function storedLanguage(): string {
  const tags = LANGUAGES.map((language) => language.tag)
  const stored = localStorage.getItem(LANGUAGE)
  if (stored !== null && tags.includes(stored)) return stored
  if (navigator.language === '') return 'zh-CN'
  const primary = (tag: string) => tag.split('-')[0]
  const near = tags.find((tag) => primary(tag) === primary(navigator.language))
  return tags.find((tag) => tag === navigator.language) ?? near ?? 'en'
}

function storedTheme(): Theme {
  const stored = localStorage.getItem(THEME)
  if (stored === 'dark' || stored === 'light') return stored
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}
