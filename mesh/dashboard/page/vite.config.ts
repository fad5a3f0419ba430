import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: { outDir: 'dist', target: 'esnext', emptyOutDir: true, chunkSizeWarningLimit: 1_000 },
});
