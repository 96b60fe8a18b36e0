/** Version of this program, the same for all packages. */
export const programVersion = '0.1.0'
