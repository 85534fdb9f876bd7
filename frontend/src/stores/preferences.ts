/** Language and theme, stored in this browser. */
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

export type Language = 'zh-CN' | 'en'
export type Theme = 'light' | 'dark'

const LANGUAGE = 'microdock.language'
const THEME = 'microdock.theme'

export const usePreferences = defineStore('preferences', () => {
  const language = ref<Language>(storedLanguage())
  const theme = ref<Theme>(storedTheme())

  watch(
    language,
    (value) => {
      localStorage.setItem(LANGUAGE, value)
      document.documentElement.lang = value
    },
    { immediate: true },
  )
  watch(
    theme,
    (value) => {
      localStorage.setItem(THEME, value)
      document.documentElement.classList.toggle('dark', value === 'dark')
    },
    { immediate: true },
  )

  function switchTheme(): void {
    theme.value = theme.value === 'dark' ? 'light' : 'dark'
  }

  return { language, theme, switchTheme }
})

function storedLanguage(): Language {
  const stored = localStorage.getItem(LANGUAGE)
  if (stored === 'en' || stored === 'zh-CN') return stored
  return navigator.language.startsWith('zh') || navigator.language === '' ? 'zh-CN' : 'en'
}

function storedTheme(): Theme {
  const stored = localStorage.getItem(THEME)
  if (stored === 'dark' || stored === 'light') return stored
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}
