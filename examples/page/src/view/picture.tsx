import { useLayoutEffect, useRef } from "preact/hooks";

/** Pixels on a canvas, drawn at once. */
export function Picture({ image, label }: { readonly image: ImageData; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(image, 0, 0);
  }, [image]);
  // Large pictures are made smaller, and want smoothing.
  const kind = image.width < 96 ? "picture coarse" : "picture";
  return (
    <canvas
      ref={canvas}
      class={kind}
      width={image.width}
      height={image.height}
      role="img"
      aria-label={label}
    />
  );
}
