import js from '@eslint/js'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['node_modules', 'src/api/schema.d.ts'] },
  js.configs.recommended,
  ts.configs.recommended,
  vue.configs['flat/recommended'],
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    rules: {
      // TypeScript knows every name that there is.
      'no-undef': 'off',
      // Pages are called by one word.
      'vue/multi-word-component-names': 'off',
    },
  },
  {
    files: ['src/**'],
    rules: {
      // What the server sends has its type in its document; a cast by way of `unknown` would hide where they differ.
      'no-restricted-syntax': ['error', 'TSAsExpression > TSAsExpression > TSUnknownKeyword.typeAnnotation'],
    },
  },
  // Prettier decides on what is only layout.
  prettier,
)
