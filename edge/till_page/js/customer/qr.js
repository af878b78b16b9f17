// Draws a QR code the box has made: rows of "1" (dark) and "0". The quiet zone is the white margin of its frame.

const MODULE_PIXELS = 8;

export function drawQr(canvas, rows) {
  const key = rows.join("/");
  if (canvas.dataset.drawn === key) return;
  canvas.dataset.drawn = key;
  canvas.width = canvas.height = rows.length * MODULE_PIXELS;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000";
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) if (row[x] === "1") pen.fillRect(x * MODULE_PIXELS, y * MODULE_PIXELS, MODULE_PIXELS, MODULE_PIXELS);
  });
}
