/** The name of a named key. It is part of a URL, so it is never `.` or `..`. */
export const KEY_NAME = {
  pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
  allowed:
    '1 to 64 of the characters a-z, 0-9, ".", "_" and "-", with a letter or digit at the start',
}
