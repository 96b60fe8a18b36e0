/** What roles tell of their start, a line each. What a seat costs all of them tell: it is said once a subnet. */
export function roleProgress(say: (text: string) => void): (role: string, text: string) => void {
  const told = new Set<string>()
  return (role, text) => {
    const [seat] = /^a seat on subnet \d+ costs/.exec(text) ?? []
    if (seat !== undefined && told.has(seat)) return
    if (seat !== undefined) told.add(seat)
    say(`      ${role}: ${text}`)
  }
}
