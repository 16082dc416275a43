/** What the program that installs the node script reads from stdin. */
export interface InstallJob {
  /** SHA-256 of the script, hex: another version is another job. */
  readonly script: string;
  readonly sudo: boolean;
}
