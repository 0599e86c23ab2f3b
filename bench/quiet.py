#!/usr/bin/env python3
"""What does whymem say about healthy programs? Little, and nothing that their maintainers would call wrong.

usage: bench/quiet.py WHYMEM PYTHON [-k WORD]

PYTHON is of a virtual environment with: aiohttp beautifulsoup4 django fastapi flask gunicorn httpx ipykernel
jinja2 jupyter_client lxml matplotlib mypy networkx pandas pytest requests scikit-learn sphinx sqlalchemy twisted
uvicorn. Each program runs real work of its package, then waits; all findings above 5 % of its RSS are printed.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import textwrap

WAIT = "\nprint('ready', flush=True)\nimport sys; sys.stdin.readline()\n"
SERVE = """
import threading, time, urllib.request
def load(port, paths):
    for i in range(3000):
        try:
            urllib.request.urlopen(f'http://127.0.0.1:{port}' + paths[i % len(paths)].format(i=i)).read()
        except OSError:
            time.sleep(0.05)
"""

PROGRAMS = {
    "flask": SERVE + """
from flask import Flask, jsonify, render_template_string
from werkzeug.serving import make_server
import logging; logging.getLogger('werkzeug').setLevel(logging.ERROR)
app = Flask(__name__)
@app.route('/items/<int:n>')
def items(n): return jsonify([{'id': n, 'name': f'item {n}', 'tags': ['a', 'b']} for n in range(50)])
@app.route('/page/<name>')
def page(name): return render_template_string('<h1>{{ name }}</h1>{% for i in range(20) %}<p>{{ i }}</p>{% endfor %}', name=name)
server = make_server('127.0.0.1', 0, app, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
load(server.server_port, ['/items/{i}', '/page/n{i}'])
""",
    "fastapi": SERVE + """
import uvicorn, socket
from fastapi import FastAPI
from pydantic import BaseModel
class Item(BaseModel):
    id: int; name: str; tags: list[str]
app = FastAPI()
@app.get('/items/{n}', response_model=list[Item])
async def items(n: int): return [Item(id=i, name=f'item {i}', tags=['a']) for i in range(30)]
s = socket.socket(); s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]; s.close()
server = uvicorn.Server(uvicorn.Config(app, port=port, log_level='error'))
threading.Thread(target=server.run, daemon=True).start()
load(port, ['/items/{i}'])
""",
    "django": """
import django
from django.conf import settings
settings.configure(DEBUG=False, ROOT_URLCONF='__main__', ALLOWED_HOSTS=['*'], SECRET_KEY='x', INSTALLED_APPS=['django.contrib.contenttypes', 'django.contrib.auth'],
    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}, TEMPLATES=[{'BACKEND': 'django.template.backends.django.DjangoTemplates'}])
django.setup()
from django.core.management import call_command
call_command('migrate', verbosity=0)
from django.contrib.auth.models import User
from django.http import JsonResponse
from django.urls import path
User.objects.bulk_create([User(username=f'u{i}') for i in range(3000)])
def users(request): return JsonResponse({'users': list(User.objects.values('id', 'username')[:100])})
urlpatterns = [path('users/', users)]
from django.test import Client
for i in range(1000): Client().get('/users/')
""",
    "pandas": """
import pandas as pd, numpy as np
rng = np.random.default_rng(1)
frame = pd.DataFrame({'t': pd.date_range('2020-01-01', periods=1_000_000, freq='s'), 'price': rng.normal(size=1_000_000).cumsum(),
                      'volume': rng.integers(1, 100_000, 1_000_000), 'symbol': pd.Categorical(rng.choice(['A', 'B', 'C'], 1_000_000))})
daily = frame.groupby(['symbol', frame.t.dt.date], observed=True).agg({'price': ['mean', 'max'], 'volume': 'sum'})
joined = frame.merge(frame.groupby('symbol', observed=True).price.mean().rename('mean'), on='symbol')
""",
    "pytest": """
import pytest, pathlib, tempfile
folder = pathlib.Path(tempfile.mkdtemp())
for k in range(30):
    (folder / f'test_{k}.py').write_text('import pytest\\n' + '\\n'.join(f'@pytest.mark.parametrize("x", range(20))\\ndef test_{i}(x, tmp_path): assert x >= 0' for i in range(5)))
assert pytest.main(['-q', '-p', 'no:cacheprovider', str(folder)]) == 0
""",
    "jupyter": """
import jupyter_client
manager = jupyter_client.KernelManager(kernel_name='python3')
manager.start_kernel(); client = manager.client(); client.start_channels(); client.wait_for_ready()
for i in range(30): client.execute(f'x{i} = list(range(1000)); sum(x{i})', reply=True)
client.execute('import pandas as pd; df = pd.DataFrame({"a": range(200000)}); df.describe()', reply=True)
print('pid', manager.provisioner.process.pid, flush=True)
""",
    "sqlalchemy": """
from sqlalchemy import create_engine, String, ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, Session
class Base(DeclarativeBase): pass
class Author(Base):
    __tablename__ = 'author'; id: Mapped[int] = mapped_column(primary_key=True); name: Mapped[str] = mapped_column(String(50))
    books: Mapped[list['Book']] = relationship(back_populates='author')
class Book(Base):
    __tablename__ = 'book'; id: Mapped[int] = mapped_column(primary_key=True); title: Mapped[str]; author_id = mapped_column(ForeignKey('author.id'))
    author: Mapped[Author] = relationship(back_populates='books')
engine = create_engine('sqlite://'); Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([Author(name=f'a{i}', books=[Book(title=f't{i}{k}') for k in range(5)]) for i in range(2000)]); session.commit()
for i in range(100):
    with Session(engine) as session: list(session.scalars(select(Book).where(Book.id % 100 == i)))
""",
    "sklearn": """
import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X, y = make_classification(50_000, 40, random_state=1)
model = make_pipeline(StandardScaler(), RandomForestClassifier(30, max_depth=12)).fit(X, y)
print(model.score(X, y))
""",
    "matplotlib": """
import matplotlib; matplotlib.use('Agg')
import matplotlib.pyplot as plt, numpy as np, io
for i in range(30):
    figure, axes = plt.subplots(2, 2); axes[0][0].plot(np.random.rand(1000)); axes[1][1].imshow(np.random.rand(100, 100))
    figure.savefig(io.BytesIO(), format='png'); plt.close(figure)
""",
    "mypy": """
import mypy.api, pathlib, tempfile
path = pathlib.Path(tempfile.mkdtemp()) / 'a.py'
path.write_text('import asyncio, json, dataclasses\\n' + '\\n'.join(f'def f{i}(x: int) -> str: return str(x + {i})' for i in range(500)))
print(mypy.api.run([str(path), '--cache-dir', str(path.parent)])[2])
""",
    "asyncio": """
import aiohttp, asyncio
from aiohttp import web
async def main():
    app = web.Application(); app.add_routes([web.get('/{n}', lambda r: web.json_response({'n': r.match_info['n'], 'rows': list(range(100))}))])
    runner = web.AppRunner(app); await runner.setup(); site = web.TCPSite(runner, '127.0.0.1', 0); await site.start()
    port = site._server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        for i in range(40):
            async def get(n):
                async with session.get(f'http://127.0.0.1:{port}/{n}') as r: return await r.json()
            await asyncio.gather(*(get(n) for n in range(50)))
    print('ready', flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
""",
    "networkx": """
import networkx as nx
graph = nx.gnm_random_graph(20_000, 60_000, seed=1)
print(len(list(nx.connected_components(graph))), nx.pagerank(graph)[0])
""",
    "sphinx": """
import pathlib, tempfile
from sphinx.cmd.build import build_main
folder = pathlib.Path(tempfile.mkdtemp()); (folder / 'conf.py').write_text('extensions = ["sphinx.ext.autodoc"]')
(folder / 'index.rst').write_text('Title\\n=====\\n\\n.. toctree::\\n\\n' + '\\n'.join(f'   p{i}' for i in range(60)))
for i in range(60): (folder / f'p{i}.rst').write_text(f'Page {i}\\n=======\\n\\n' + '\\n\\n'.join(f'Paragraph {k} with ``code`` and *text*.' for k in range(60)))
build_main(['-q', str(folder), str(folder / 'out')])
""",
    "beautifulsoup": """
from bs4 import BeautifulSoup
html = '<html><body>' + ''.join(f'<div class="row"><a href="/p/{i}">link {i}</a><p>text {i}</p></div>' for i in range(3000)) + '</body></html>'
titles = []
for k in range(5):
    soup = BeautifulSoup(html, 'lxml'); titles.append([a.get_text() for a in soup.find_all('a')])
""",
}


def look(whymem, python, name):
    """Findings above 5 % of RSS, the verdict, RSS."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/{name}_app.py"
        with open(path, "w") as file:
            file.write(textwrap.dedent(PROGRAMS[name]) + WAIT)
        process = subprocess.Popen([python, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        pid = process.pid
        try:
            for line in process.stdout:
                if line.startswith("pid "):
                    pid = int(line.split()[1])
                if line == "ready\n":
                    break
            else:
                sys.exit(f"{name} ended with {process.wait()}: {process.stderr.read()[-2000:]}")
            done = subprocess.run([whymem, str(pid), "--json", "--top", "0"], stdout=subprocess.PIPE, text=True, check=True)
            return json.loads(done.stdout)
        finally:
            if pid != process.pid:
                subprocess.run(["kill", str(pid)])
            process.kill()
            process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("whymem")
    parser.add_argument("python")
    parser.add_argument("-k", default="")
    options = parser.parse_args()
    for name in PROGRAMS:
        if options.k not in name:
            continue
        document = look(options.whymem, options.python, name)
        total = document["memory"]["total_bytes"]
        print(f"{name}: {total / 2**20:.0f} MiB, {document['verdict']['text']}", flush=True)
        for finding in document["findings"]:
            amount = max(finding["saving_bytes"] or 0, finding["retained_bytes"] or 0)
            if amount > total / 20:
                print(f"    {amount / 2**20:6.1f} MiB  {finding['rule']}  {finding['path']}: {finding['summary']}. {finding['advice']}")


if __name__ == "__main__":
    main()
