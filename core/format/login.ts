/**
 * Logins as Linux and as directories give them: ops, Ann.Example, ann@example.com, EXAMPLE\ann. Narrower than what OpenSSH
 * takes (ssh.c, `valid_ruser`), since an ssh_config may hand it to a shell (%r).
 */
export const LOGIN = /^(?=.{1,128}$)[A-Za-z0-9_](?:[A-Za-z0-9._+@\\-]*[A-Za-z0-9._+@-])?$/;

export const isLogin = (given: string): boolean => LOGIN.test(given);

export const LOGIN_ALLOWED = "a login name of letters, digits and . _ - + @ \\";
