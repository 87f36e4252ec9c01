#!/usr/bin/env bash
# Plots of a real sweep: well-formed SVG and PDF, every kernel in them, units on the axes.
. "$(dirname "$0")/common.sh"
cd "$work"
printf 'name: p\nrepetitions: 2\nmin_time: 0.001\naxes:\n  kernel: ["*"]\n  seq_len: [8..64]\n  head_dim: [8]\nexclude: [{kernel: "*_bf16"}]\n' >c.yaml
expect 0 "$LINKV" sweep c.yaml --db p.db --quiet
expect 0 "$LINKV" plot --db p.db --output figures
python3 - "$LINKV" <<'END'
import glob, json, subprocess, sys, xml.dom.minidom
kernels = [k for k in json.loads(subprocess.check_output([sys.argv[1], "kernels", "--format", "json"])) if not k["name"].endswith("_bf16")]
for kind in ("time", "memory", "error", "tradeoff", "roofline"):
    svgs = glob.glob(f"figures/{kind}_*.svg")
    assert len(svgs) == 1, (kind, svgs)
    text = xml.dom.minidom.parse(svgs[0]).toxml()
    for k in kernels: # the legend has those that run here, the note the others
        assert ("<text>%s</text>" % k["name"] in text) == k["available"], (kind, k)
        assert k["name"] in text, (kind, k)
    pdf = open(svgs[0][:-3] + "pdf", "rb").read()
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
END
grep -q "GB/s" figures/roofline_*.svg
printf 'name: t\nrepetitions: 1\nmin_time: 0.001\naxes:\n  kernel: [blas_tile]\n  seq_len: [64]\n  head_dim: [8]\n  tile_q: [8..32]\n  tile_k: [16..64]\n' >t.yaml
expect 0 "$LINKV" sweep t.yaml --db t.db --quiet
if "$LINKV" kernels --format json | python3 -c '
import json, sys
sys.exit(not any(k["name"] == "blas_tile" and k["available"] for k in json.load(sys.stdin)))'; then
  expect 0 "$LINKV" plot --db t.db --output figures --kind tiles
  grep -q "tile_q (queries)" figures/tiles_blas_tile_attention_gaussian_b1_t64_h1_d8_p1.svg
  # There is no legend: cells reach the page's edge.
  expect 0 "$LINKV" plot --db t.db --output figures --kind tiles --width full --format svg
  python3 - <<'END'
import glob, re
text = open(glob.glob("figures/tiles_*.svg")[0]).read()
width = float(re.search(r'viewBox="0 0 (\d+)', text).group(1))
corners = [float(x) for p in re.findall(r"<polygon[^>]*points = '([^']*)'", text) for x in re.findall(r"([\d.]+),", p)]
assert 0.95 * width < max(corners) < width, (max(corners), width)
END
fi
expect 4 "$LINKV" plot --db p.db --output figures --where "seq_len = 8" --kind time
echo "plots are whole"
