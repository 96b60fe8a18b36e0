/**
 * Most bytes of a validator's evidence log of one epoch, for all who read one: gateways, audits and `koinon subnet replay`. The details in
 * it are bounded so that 64 answers of each of 256 seats fit, whatever strangers write (specs/0007-epochs.md section 3).
 */
export const maximumEvidenceLogBytes = 16 * 1_048_576
