// Svelte's own TypeScript support is enough (types are only stripped), so no preprocessor is set.
export default {
  compilerOptions: { runes: true },
  // An accessibility warning of the compiler is a fault of the page: it fails the build.
  onwarn(warning) {
    throw new Error(`${warning.code} in ${warning.filename}: ${warning.message}`);
  },
};
