/** The roles that an account can have, from the one that may do least. */
export const ROLES = ['user', 'developer', 'reviewer', 'admin'] as const
export type Role = (typeof ROLES)[number]
