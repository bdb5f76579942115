/* Draws the graph that the page carries. Nothing is fetched, nothing is stored. */
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const HEIGHT = 38; // of a node
  const KNOB = 30; // width of the part that folds
  const FIRST = 60; // nodes that a big picture begins with
  const ALL = 70; // nodes up to which nothing is folded at first
  const SOME = 24; // children of a node that are shown at once
  const STEPS = 60; // reasons that are listed
  const data = JSON.parse(document.getElementById("data").textContent);
  const nodes = data.nodes;
  const inward = nodes.map(() => []);
  const outward = nodes.map(() => []);
  for (const edge of data.edges) {
    outward[edge.from].push(edge);
    inward[edge.to].push(edge);
  }
  const at = (id) => document.getElementById(id);
  const drawing = at("drawing");
  const view = at("view");
  const details = at("details");
  const find = at("find");

  // ---- which nodes are shown ------------------------------------------------------------

  const followers = nodes.map((_, start) => {
    const seen = new Set();
    const stack = [start];
    while (stack.length) {
      for (const edge of outward[stack.pop()]) {
        if (edge.to !== start && !seen.has(edge.to)) {
          seen.add(edge.to);
          stack.push(edge.to);
        }
      }
    }
    return seen;
  });
  const heavier = (a, b) => followers[b].size - followers[a].size || a - b;
  const byWeight = (list) => [...new Set(list)].sort(heavier);
  const children = outward.map((edges) => byWeight(edges.map((edge) => edge.to)));
  const top = nodes.map((_, i) => i).filter((i) => !inward[i].length);
  const reached = new Set(top.flatMap((i) => [i, ...followers[i]]));
  nodes.forEach((_, i) => {
    if (reached.has(i)) return; // of a circle that nothing leads to
    top.push(i);
    for (const other of [i, ...followers[i]]) reached.add(other);
  });
  const unfolded = new Set();
  const revealed = new Set(); // shown though a parent is folded, because someone looked for it
  const limits = new Map(); // parent -> how many children are shown; -1 is the whole picture
  const limit = (parent) => limits.get(parent) ?? SOME;

  function shownChildren(parent) {
    const all = parent < 0 ? top : children[parent];
    const most = parent < 0 || unfolded.has(parent) ? limit(parent) : 0;
    return all.filter((child, place) => place < most || revealed.has(child));
  }

  function collect() {
    const shown = new Set(shownChildren(-1));
    for (const node of shown) {
      for (const child of shownChildren(node)) shown.add(child);
    }
    return shown;
  }

  function foldAtFirst() {
    if (nodes.length <= ALL) {
      nodes.forEach((_, i) => unfolded.add(i));
      return;
    }
    const queue = [...shownChildren(-1)];
    let count = queue.length;
    const seen = new Set(queue);
    for (const node of queue) {
      const fresh = children[node].slice(0, SOME).filter((child) => !seen.has(child));
      if (!fresh.length || count + fresh.length > FIRST) continue;
      unfolded.add(node);
      count += fresh.length;
      for (const child of fresh) {
        seen.add(child);
        queue.push(child);
      }
    }
  }

  /* Show a node and what leads to it: all of that, or the shortest way if it is very much. */
  function reveal(node) {
    const before = ancestors(node);
    for (const member of before.length > STEPS ? shortest(node) : before) revealed.add(member);
    revealed.add(node);
  }

  function shortest(node) {
    const after = new Map([[node, -1]]);
    for (const [member] of after) {
      if (!inward[member].length) {
        const way = [];
        for (let at = member; at >= 0; at = after.get(at)) way.push(at);
        return way;
      }
      for (const edge of inward[member]) if (!after.has(edge.from)) after.set(edge.from, member);
    }
    return [];
  }

  function ancestors(node) {
    const seen = new Set([node]);
    const stack = [node];
    while (stack.length) {
      for (const edge of inward[stack.pop()]) {
        if (!seen.has(edge.from)) {
          seen.add(edge.from);
          stack.push(edge.from);
        }
      }
    }
    seen.delete(node);
    return [...seen].sort((a, b) => a - b);
  }

  // ---- drawing ----------------------------------------------------------------------------

  let picked = -1;
  let current = 0; // the node that the keyboard is at
  let places = new Map(); // node -> its box
  let size = { width: 1, height: 1 };
  const eye = { x: 0, y: 0, scale: 1 };

  function make(kind, attributes, ...inner) {
    const element = document.createElementNS(SVG, kind);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inner);
    return element;
  }

  function draw() {
    const shown = collect();
    const graph = new dagre.graphlib.Graph({ multigraph: true });
    graph.setGraph({ rankdir: "LR", rankalign: "top", nodesep: 10, edgesep: 10, ranksep: 104, marginx: 8, marginy: 8 });
    const order = [...shown].sort((a, b) => a - b);
    const wide = (i) => nodes[i].width + (children[i].length ? KNOB : 0);
    for (const i of order) graph.setNode(String(i), { width: wide(i), height: HEIGHT });
    const joined = data.edges
      .map((edge, number) => ({ ...edge, number }))
      .filter((edge) => shown.has(edge.from) && shown.has(edge.to));
    const more = [];
    for (const parent of [-1, ...order]) {
      if (parent >= 0 && !unfolded.has(parent)) continue;
      const hidden = (parent < 0 ? top : children[parent]).filter((child) => !shown.has(child));
      if (!hidden.length) continue;
      more.push({ parent, hidden });
      graph.setNode(`more ${parent}`, { width: 120, height: 28 });
      if (parent >= 0) graph.setEdge(String(parent), `more ${parent}`, {}, "more");
    }
    // What comes last here lies highest.
    for (const edge of [...joined].sort((a, b) => heavier(b.to, a.to)))
      graph.setEdge(String(edge.from), String(edge.to), {}, String(edge.number));
    dagre.layout(graph);
    size = { width: graph.graph().width || 1, height: graph.graph().height || 1 };
    places = new Map(order.map((i) => [i, graph.node(String(i))]));
    if (!shown.has(current)) current = order[0] ?? 0;
    const layers = [make("g", {}), make("g", {})];
    const labels = new Map(); // node -> the labels that stand before it already
    for (const edge of joined) {
      const points = graph.edge(String(edge.from), String(edge.to), String(edge.number)).points;
      const told = labels.get(edge.to) ?? [];
      layers[0].append(drawEdge(edge, points, told));
      if (edge.label && !told.includes(edge.label)) labels.set(edge.to, [...told, edge.label]);
    }
    for (const { parent } of more) {
      if (parent < 0) continue;
      const route = graph.edge(String(parent), `more ${parent}`, "more").points;
      const ends = [places.get(parent), graph.node(`more ${parent}`)];
      layers[0].append(make("g", { class: "edge weak" }, make("path", { class: "route", d: curve(route, ...ends, 0) })));
    }
    for (const i of order) layers[1].append(drawNode(i, places.get(i), shown));
    for (const rest of more) layers[1].append(drawMore(rest, graph.node(`more ${rest.parent}`)));
    view.replaceChildren(...layers);
    mark();
  }

  function curve(points, from, to, short) {
    const stops = points.length > 3 ? points.slice(1, -1) : [];
    const route = [
      { x: from.x + from.width / 2, y: from.y },
      ...stops,
      { x: to.x - to.width / 2 - short, y: to.y },
    ];
    let path = `M${route[0].x} ${route[0].y}`;
    for (let i = 1; i < route.length; i++) {
      const half = (route[i - 1].x + route[i].x) / 2;
      path += `C${half} ${route[i - 1].y} ${half} ${route[i].y} ${route[i].x} ${route[i].y}`;
    }
    return path;
  }

  function drawEdge(edge, points, told) {
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    const group = make("g", { class: `edge ${edge.style}`, "data-edge": `${edge.from} ${edge.to}` });
    const x = to.x - to.width / 2;
    const ends = `${nodes[edge.from].title} ${edge.label || "leads to"} ${nodes[edge.to].title}`;
    group.append(make("title", {}, ends));
    group.append(make("path", { class: "route", d: curve(points, from, to, 7) }));
    group.append(
      edge.style === "against"
        ? make("rect", { class: "head", x: x - 5, y: to.y - 8, width: 3, height: 16 })
        : make("path", { class: "head", d: `M${x} ${to.y}l-7 -4v8z` })
    );
    if (edge.label && !told.includes(edge.label)) {
      group.append(make("text", { class: "label", x: x - 10, y: to.y - 4 - 11 * told.length }, edge.label));
    }
    return group;
  }

  function drawNode(i, box, shown) {
    const node = nodes[i];
    const hidden = [...followers[i]].filter((other) => !shown.has(other)).length;
    const isOpen = unfolded.has(i);
    const group = make("g", {
      class: `node ${node.look}`,
      transform: `translate(${box.x - box.width / 2} ${box.y - HEIGHT / 2})`,
      role: "button",
      tabindex: i === current ? 0 : -1,
      "data-node": i,
      "data-name": node.title,
    });
    const fold = children[i].length ? (isOpen ? ", unfolded" : `, folded: ${hidden} hidden`) : "";
    group.setAttribute("aria-label", `${node.title} ${node.note}: ${node.kind}${fold}`);
    group.append(make("title", {}, [`${node.title} ${node.note}: ${node.kind}`, ...node.says].join("\n")));
    const radius = node.look === "ask" ? HEIGHT / 2 : 5;
    group.append(make("rect", { class: "box", width: box.width, height: HEIGHT, rx: radius }));
    group.append(make("text", { class: "mark", x: 15, y: 24 }, data.marks[node.look]));
    group.append(make("text", { class: "name", x: 28, y: node.note ? 16 : 24 }, node.shown));
    if (node.note) group.append(make("text", { class: "note", x: 28, y: 31 }, node.shownNote));
    if (children[i].length) {
      const knob = make("g", { class: "knob", "data-fold": i, transform: `translate(${box.width - KNOB - 4} 9)` });
      knob.append(make("title", {}, isOpen ? "fold" : `unfold: ${hidden} hidden`));
      knob.append(make("rect", { width: KNOB, height: 20, rx: 4 }));
      const sign = isOpen ? "\u2212" : hidden ? `+${hidden}` : "+";
      knob.append(make("text", { x: KNOB / 2, y: 14 }, sign));
      group.append(knob);
    }
    group.addEventListener("focus", () => attend(group.getBoundingClientRect()));
    group.addEventListener("click", (event) => {
      current = i;
      if (event.target.closest(".knob")) toggle(i);
      else pick(i);
    });
    return group;
  }

  function drawMore({ parent, hidden }, box) {
    const group = make("g", {
      class: "more",
      transform: `translate(${box.x - 60} ${box.y - 14})`,
      role: "button",
      tabindex: 0,
      "data-more": parent,
      "aria-label": `${hidden.length} more: show the next ones`,
    });
    group.append(make("rect", { class: "box", width: 120, height: 28, rx: 14 }));
    group.append(make("text", { class: "name", x: 60, y: 18 }, `${hidden.length} more`));
    const act = () => {
      limits.set(parent, limit(parent) + 4 * SOME);
      keep(parent < 0 ? current : parent);
    };
    group.addEventListener("click", act);
    group.addEventListener("focus", () => attend(group.getBoundingClientRect()));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      act();
    });
    return group;
  }

  /* Draw anew, with one node where it was on the screen. */
  function keep(node) {
    const before = places.get(node);
    draw();
    const after = places.get(node);
    if (before && after) {
      eye.x += (before.x - after.x) * eye.scale;
      eye.y += (before.y - after.y) * eye.scale;
    }
    look();
    focusNode(node);
  }

  function toggle(node) {
    if (unfolded.has(node)) {
      unfolded.delete(node);
      for (const other of followers[node]) revealed.delete(other);
      if (picked >= 0 && !collect().has(picked)) picked = -1;
    } else {
      unfolded.add(node);
    }
    keep(node);
    tell();
  }

  // ---- search and selection -----------------------------------------------------------------

  let hits = [];
  let hit = -1;

  function search() {
    const words = find.value.trim().toLowerCase();
    hits = words ? nodes.map((_, i) => i).filter((i) => nodes[i].title.toLowerCase().includes(words)) : [];
    const exact = hits.filter((i) => nodes[i].title.toLowerCase() === words);
    hits = [...exact, ...hits.filter((i) => !exact.includes(i))];
    hit = -1;
    picked = -1;
    mark();
    tell();
  }

  function next(step) {
    if (!hits.length) return;
    hit = (hit + step + hits.length) % hits.length;
    pick(hits[hit], false);
  }

  function pick(node, moves = true) {
    picked = picked === node && moves ? -1 : node;
    if (picked >= 0) {
      const isHidden = [node, ...ancestors(node).slice(0, STEPS)].some((other) => !places.has(other));
      current = node;
      if (isHidden) {
        reveal(node);
        draw();
      }
      if (!isHidden || !frame([node, ...ancestors(node)].filter((i) => places.has(i)))) center(node);
      if (moves) focusNode(node);
    }
    mark();
    tell();
  }

  function mark() {
    const isSought = find.value.trim() !== "" && picked < 0;
    drawing.classList.toggle("sought", isSought);
    drawing.classList.toggle("chosen", picked >= 0);
    const chain = new Set(picked < 0 ? [] : [picked, ...ancestors(picked)]);
    const found = new Set(hits);
    for (const element of view.querySelectorAll(".node")) {
      const i = Number(element.dataset.node);
      element.classList.toggle("hit", found.has(i));
      element.classList.toggle("chain", chain.has(i));
      element.classList.toggle("picked", i === picked);
      element.setAttribute("aria-pressed", String(i === picked));
    }
    for (const element of view.querySelectorAll(".edge[data-edge]")) {
      const [from, to] = element.dataset.edge.split(" ").map(Number);
      element.classList.toggle("chain", chain.has(from) && chain.has(to));
    }
    const folded = hits.filter((i) => !places.has(i)).length;
    at("found").value = !find.value.trim()
      ? ""
      : hits.length
        ? `${hit >= 0 ? `${hit + 1} of ` : ""}${hits.length} found${folded ? `, ${folded} folded` : ""}`
        : "nothing found";
  }

  // ---- the panel ----------------------------------------------------------------------------

  function html(kind, text, className = "") {
    const element = document.createElement(kind);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function link(i) {
    const button = html("button", nodes[i].title, "link");
    button.type = "button";
    button.addEventListener("click", () => pick(i, false));
    return button;
  }

  function list(kind, members, most) {
    const element = document.createElement(kind);
    for (const i of members.slice(0, most)) {
      const item = document.createElement("li");
      item.append(link(i));
      element.append(item);
    }
    if (members.length > most) element.append(html("li", `and ${members.length - most} more`, "quiet"));
    return element;
  }

  function step(i) {
    const item = document.createElement("li");
    if (i === picked) item.className = "this";
    const node = nodes[i];
    if (i !== picked) item.append(link(i));
    for (const sentence of node.says) item.append(html("p", sentence));
    if (!node.says.length) item.append(html("p", node.kind));
    if (node.places.length) {
      const more = document.createElement("details");
      more.append(html("summary", "Where it says so"));
      for (const [file, rest, text] of node.places) {
        more.append(html("code", data.files[file] + rest));
        if (text) more.append(html("code", text));
      }
      more.open = i === picked;
      item.append(more);
    }
    return item;
  }

  function tell() {
    const inner = [];
    if (picked >= 0) {
      const node = nodes[picked];
      inner.push(html("h2", `${data.marks[node.look]} ${node.title}`));
      inner.push(html("p", node.note ? `${node.kind}: ${node.note}` : node.kind, "quiet"));
      const chain = [...ancestors(picked), picked];
      const steps = document.createElement("ol");
      const told = chain.length > STEPS ? [...chain.slice(0, STEPS - 1), picked] : chain;
      steps.append(...told.map(step));
      inner.push(html("h3", chain.length > 1 ? "Why, step by step" : "Why"), steps);
      if (told.length < chain.length) inner.push(html("p", `${chain.length - told.length} steps are left out`, "quiet"));
      const behind = followers[picked].size;
      if (behind) {
        inner.push(html("h3", behind > children[picked].length ? `What follows (${behind} in all)` : "What follows"));
        inner.push(list("ul", children[picked], 40));
      }
    } else if (hits.length) {
      inner.push(html("h2", `${hits.length} found`), list("ul", hits, 100));
    } else {
      inner.push(html("h2", data.title), html("p", data.summary, "quiet"));
      const help = document.createElement("ul");
      for (const line of [
        "Click a node to see why it is there, and the way that leads to it.",
        "The knob at the end of a node folds and unfolds what follows from it.",
        "/ searches, Enter goes on to the next match.",
        "Arrow keys move, Space folds, Escape clears. Drag or scroll to move the picture; Ctrl and the wheel zoom.",
      ]) help.append(html("li", line));
      inner.push(help);
    }
    details.replaceChildren(...inner);
    details.scrollTop = 0;
  }

  // ---- moving about -----------------------------------------------------------------------

  function look() {
    view.setAttribute("transform", `translate(${eye.x} ${eye.y}) scale(${eye.scale})`);
  }

  function fit() {
    const box = drawing.getBoundingClientRect();
    const scale = Math.min(box.width / (size.width + 20), box.height / (size.height + 20));
    eye.scale = Math.max(0.05, Math.min(1.2, scale));
    eye.x = (box.width - size.width * eye.scale) / 2;
    eye.y = (box.height - size.height * eye.scale) / 2;
    look();
  }

  function begin() {
    fit();
    if (eye.scale >= 0.55) return;
    eye.scale = 0.8; // legible: the beginning of the picture rather than all of it
    const box = drawing.getBoundingClientRect();
    const first = places.get(current);
    eye.x = 16;
    eye.y = box.height / 2 - first.y * eye.scale;
    look();
  }

  /* Show some nodes whole, if they can be read then; say whether. */
  function frame(members) {
    const box = drawing.getBoundingClientRect();
    const boxes = members.map((i) => places.get(i));
    const left = Math.min(...boxes.map((it) => it.x - it.width / 2)) - 30;
    const right = Math.max(...boxes.map((it) => it.x + it.width / 2)) + 30;
    const high = Math.min(...boxes.map((it) => it.y)) - HEIGHT;
    const low = Math.max(...boxes.map((it) => it.y)) + HEIGHT;
    const scale = Math.min(box.width / (right - left), box.height / (low - high), 1);
    if (scale < 0.4) return false;
    eye.scale = scale;
    eye.x = (box.width - (left + right) * scale) / 2;
    eye.y = (box.height - (high + low) * scale) / 2;
    look();
    return true;
  }

  function center(node) {
    const box = drawing.getBoundingClientRect();
    const place = places.get(node);
    if (!place) return;
    const x = eye.x + place.x * eye.scale;
    const y = eye.y + place.y * eye.scale;
    const margin = 60;
    const half = (place.width / 2) * eye.scale;
    if (x - half < margin || x + half > box.width - margin) eye.x += box.width / 2 - x;
    if (y < margin || y > box.height - margin) eye.y += box.height / 2 - y;
    look();
  }

  /* Bring into sight what the keyboard has come to. */
  function attend(box) {
    const frame = drawing.getBoundingClientRect();
    const legend = at("legend").getBoundingClientRect();
    const isCovered = box.left < legend.right && box.bottom > legend.top;
    if (box.left < frame.left || box.right > frame.right || isCovered)
      eye.x += (frame.left + frame.right - box.left - box.right) / 2;
    if (box.top < frame.top || box.bottom > frame.bottom || isCovered)
      eye.y += (frame.top + frame.bottom - box.top - box.bottom) / 2;
    look();
  }

  function zoom(factor, x, y) {
    const scale = Math.max(0.05, Math.min(3, eye.scale * factor));
    eye.x = x - ((x - eye.x) * scale) / eye.scale;
    eye.y = y - ((y - eye.y) * scale) / eye.scale;
    eye.scale = scale;
    look();
  }

  function zoomHere(factor) {
    const box = drawing.getBoundingClientRect();
    zoom(factor, box.width / 2, box.height / 2);
  }

  function focusNode(node) {
    const element = view.querySelector(`[data-node="${node}"]`);
    if (!element) return;
    for (const other of view.querySelectorAll('.node[tabindex="0"]')) other.setAttribute("tabindex", -1);
    element.setAttribute("tabindex", 0);
    current = node;
    element.focus({ preventScroll: true });
    center(node);
  }

  function beside(direction) {
    const here = places.get(current);
    let best = -1;
    let least = Infinity;
    for (const [i, place] of places) {
      const way = (place.y - here.y) * direction;
      if (i === current || way <= 0) continue;
      const far = way + 3 * Math.abs(place.x - here.x);
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  const moves = {
    ArrowRight() {
      const kids = shownChildren(current);
      if (kids.length) focusNode(kids.reduce((a, b) => (places.get(b).y < places.get(a).y ? b : a)));
      else if (children[current].length) toggle(current);
    },
    ArrowLeft() {
      const parent = inward[current].map((edge) => edge.from).find((i) => places.has(i));
      if (parent !== undefined) focusNode(parent);
    },
    ArrowUp() {
      const other = beside(-1);
      if (other >= 0) focusNode(other);
    },
    ArrowDown() {
      const other = beside(1);
      if (other >= 0) focusNode(other);
    },
    Enter: () => pick(current),
    " ": () => children[current].length && toggle(current),
  };

  view.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    move();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      find.value = "";
      search();
    } else if (event.target !== find && !event.ctrlKey && !event.altKey && !event.metaKey) {
      if (event.key === "/") {
        event.preventDefault();
        find.focus();
        find.select();
      } else if (event.key === "+") zoomHere(1.25);
      else if (event.key === "-") zoomHere(0.8);
      else if (event.key === "0") fit();
    }
  });

  find.addEventListener("input", search);
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") next(event.shiftKey ? -1 : 1);
  });

  at("unfold").addEventListener("click", () => {
    nodes.forEach((_, i) => {
      unfolded.add(i);
      limits.set(i, Infinity);
    });
    limits.set(-1, Infinity);
    draw();
    begin();
    tell();
  });
  at("fold").addEventListener("click", () => {
    unfolded.clear();
    revealed.clear();
    limits.clear();
    picked = -1;
    for (const i of top) if (top.length === 1) unfolded.add(i);
    draw();
    begin();
    tell();
  });
  at("fit").addEventListener("click", fit);
  at("closer").addEventListener("click", () => zoomHere(1.25));
  at("farther").addEventListener("click", () => zoomHere(0.8));

  drawing.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const box = drawing.getBoundingClientRect();
      const unit = event.deltaMode ? 30 : 1;
      if (event.ctrlKey || event.metaKey) {
        zoom(Math.exp(-event.deltaY * unit * 0.004), event.clientX - box.left, event.clientY - box.top);
      } else {
        eye.x -= event.deltaX * unit;
        eye.y -= event.deltaY * unit;
        look();
      }
    },
    { passive: false }
  );

  let drag = null;
  drawing.addEventListener("pointerdown", (event) => {
    if (event.target.closest(".node, .more")) return;
    drag = { x: event.clientX - eye.x, y: event.clientY - eye.y };
    drawing.setPointerCapture(event.pointerId);
    drawing.classList.add("dragged");
  });
  drawing.addEventListener("pointermove", (event) => {
    if (!drag) return;
    eye.x = event.clientX - drag.x;
    eye.y = event.clientY - drag.y;
    look();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    drawing.addEventListener(end, () => {
      drag = null;
      drawing.classList.remove("dragged");
    });
  }

  // ---- the beginning ------------------------------------------------------------------------

  for (const [kind, words] of data.legend) {
    const item = document.createElement("li");
    const icon = make("svg", { width: 24, height: 20, class: kind, "aria-hidden": "true" });
    icon.append(make("rect", { class: "box", x: 1, y: 1, width: 22, height: 18, rx: 4 }));
    icon.append(make("text", { class: "mark", x: 12, y: 15 }, data.marks[kind]));
    item.append(icon, html("span", words));
    at("looks").append(item);
  }
  for (const style of ["weak", "against"]) {
    const words = data.styles[style];
    if (!words) continue;
    const item = document.createElement("li");
    const icon = make("svg", { width: 24, height: 20, "aria-hidden": "true" });
    icon.append(make("g", { class: `edge ${style}` }, make("path", { class: "route", d: "M1 10H23" })));
    item.append(icon, html("span", words));
    at("looks").append(item);
  }
  at("legend").open = window.innerWidth > 800;
  foldAtFirst();
  draw();
  begin();
  if (data.start >= 0) {
    pick(data.start, false);
    frame([data.start, ...ancestors(data.start)].filter((i) => places.has(i)));
    drawing.classList.remove("chosen"); // all of it is to be seen at first
  }
  tell();
  document.body.dataset.ready = "yes";
})();
