"""The command line: ``valle-sano serve | chat | check | understand | train | export | forget | …``."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import date
from getpass import getpass
from pathlib import Path

import uvloop

from bot import keeping, operate, personnel, serve, shell, templates
from bot.errors import BotError, ContentError
from bot.nlu import environment
from bot.nlu.linear import FILE as LINEAR_MODEL
from bot.observe import set_up_logging
from bot.settings import Settings, read_settings

#: WhatsApp's words for how far a template is (twilio.com/docs/content/content-api-resources).
_APPROVALS = {
    "unsubmitted": "sin pedir",
    "received": "pedida",
    "pending": "en revisión",
    "approved": "aprobada",
    "rejected": "rechazada",
    "paused": "detenida por WhatsApp",
    "disabled": "apagada por WhatsApp",
}

Command = Callable[[Settings, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Every error of ours is one line that says what to do."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        settings = read_settings()
        set_up_logging(settings.log_level)
        command: Command = given.command
        return command(settings, given)
    except BotError as error:
        print(f"valle-sano: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="valle-sano", description="Valle Sano, por línea de órdenes")
    commands = parser.add_subparsers(required=True, metavar="ORDEN")

    def add(name: str, text: str, command: Command) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=text)
        found.set_defaults(command=command)
        return found

    add("serve", "el servicio (base de datos y Rasa propias si no se nombran otras)", _serve)
    add("chat", "la misma conversación, en esta terminal", _chat)
    checking = add("check", "revisa ajustes, contenido y base de datos", _check)
    checking.add_argument("--content", action="store_true", help="solo el contenido")
    checking.add_argument("--unsigned", action="store_true", help="nombra además los textos sin firmar")
    drawing = add("flows", "dibuja los flujos para revisarlos y firmarlos", _flows)
    drawing.add_argument("--into", type=Path, default=Path("docs/flows"), metavar="CARPETA")
    add("understand", "líneas JSON {id, text} por la entrada; lo entendido por la salida", _understand)
    add("train", "entrena a Rasa si cambiaron los datos y guarda el modelo con el programa", _train)
    exporting = add("export", "cuentas de sesiones en CSV", _export)
    exporting.add_argument("what", choices=["sessions"])
    exporting.add_argument("--by", choices=["municipality", "zone", "month", "helped"], required=True)
    exporting.add_argument("--from", dest="first", type=date.fromisoformat, required=True, metavar="AAAA-MM-DD")
    exporting.add_argument("--to", dest="last", type=date.fromisoformat, required=True, metavar="AAAA-MM-DD")
    forgetting = add("forget", "borra a una persona: se le confirma y se destruye su llave", _forget)
    forgetting.add_argument("phone", metavar="TELÉFONO")
    add("kept", "lo que se le pidió borrar a Twilio y todavía guarda", _kept)
    agreeing = add("word", "anota la palabra personal acordada por voz; se pregunta sin mostrarla", _word)
    agreeing.add_argument("phone", metavar="TELÉFONO")
    templating = add(
        "content", "plantillas de WhatsApp en Twilio: botones, listas y lo que sale pasadas 24 horas", _content
    )
    templating.add_argument(
        "what", choices=["push", "status"], help="push: créelas o póngalas al día; status: cómo van"
    )
    personnel.add_orders(add)
    keeping.add_orders(add)
    add("rotate-keys", "envuelve todas las llaves con la primera de SECRET_KEYS", _rotate)
    add("migrate", "pone la base de datos al día", _migrate)
    return parser


def _serve(settings: Settings, _: argparse.Namespace) -> int:
    uvloop.run(serve.serve(settings))  # a tenth less of a core for each message (docs/benchmarks.md)
    return 0


def _chat(settings: Settings, _: argparse.Namespace) -> int:
    asyncio.run(shell.chat(settings))
    return 0


def _check(settings: Settings, given: argparse.Namespace) -> int:
    problems = asyncio.run(operate.check(settings, content_only=given.content))
    seen: object = "sin recorrer: primero corrija lo de arriba"
    if not problems:
        problems, seen = operate.walk_content()
    for problem in problems:
        print(problem)
    print("Contenido: sin problemas." if not problems else f"Contenido: {_counted(len(problems))}.")
    print(f"Recorrido: {seen}.")
    try:
        texts, among = operate.list_unsigned()
    except ContentError:
        return 1  # its problem stands among those above
    if given.unsigned:
        for text in texts:
            print(f"{text.where.file}:{text.where.line}: {text.name}")
    hint = " Cuáles: --unsigned" if texts and not given.unsigned else ""
    print(f"Textos sin firmar: {len(texts)} de {among}.{hint}")
    return 1 if problems else 0


def _counted(problems: int) -> str:
    return "1 problema" if problems == 1 else f"{problems} problemas"


def _flows(_: Settings, given: argparse.Namespace) -> int:
    print(f"{given.into}: {operate.write_flows(given.into)} archivos; para leerlos en papel, imprimir.html.")
    return 0


def _understand(settings: Settings, _: argparse.Namespace) -> int:
    asyncio.run(shell.understand(settings, sys.stdin, sys.stdout))
    return 0


def _train(settings: Settings, _: argparse.Namespace) -> int:
    model = environment.train(settings.var_dir)
    LINEAR_MODEL.write_bytes(environment.linear_within(model))
    print(f"{model}\n{LINEAR_MODEL}")
    return 0


def _export(settings: Settings, given: argparse.Namespace) -> int:
    asyncio.run(operate.export_sessions(settings, by=given.by, first=given.first, last=given.last, out=sys.stdout))
    return 0


def _forget(settings: Settings, given: argparse.Namespace) -> int:
    left = asyncio.run(operate.forget(settings, given.phone))
    print("No hay nada guardado de ese teléfono." if left is None else "Borrado: su llave fue destruida.")
    if left:
        print(f"Twilio aún guarda {left} mensajes de quienes se borraron; el servicio sigue pidiendo que los borre.")
    return 0


def _kept(settings: Settings, _: argparse.Namespace) -> int:
    copies = asyncio.run(operate.kept(settings))
    print(f"Por borrar en Twilio: {copies.waiting} (de personas borradas: {copies.forgotten}).")
    print(f"Atrasados más de una hora: {copies.late}; el más viejo, {copies.late_by.total_seconds() / 3600:.1f} h.")
    for code, count in copies.codes.items():
        print(f"  {count} con el error {code}")
    print(f"Borrados en las últimas 24 horas: {copies.gone_today}.")
    return 1 if copies.late else 0


def _content(settings: Settings, given: argparse.Namespace) -> int:
    if given.what == "push":
        pushed = asyncio.run(templates.push(settings))
        print(f"Botones y listas: {pushed.made} nuevas, {pushed.there} ya estaban, {pushed.gone} quitadas.")
        return _tell_texts(pushed.texts)
    shapes, texts = asyncio.run(templates.status(settings))
    missing = [one.name for one in shapes if not one.sid]
    print(f"Botones y listas: {len(shapes) - len(missing)} de {len(shapes)}; no necesitan aprobación.")
    if missing:
        print(f"Faltan {len(missing)}, que salen con números: corra valle-sano content push")
    return _tell_texts(texts) or (1 if missing else 0)


def _tell_texts(texts: Sequence[templates.Standing]) -> int:
    """How the texts for after the window stand; 1 while one of them cannot go."""
    for one in texts:
        how = one.approval.status if one.approval else ""
        why = f" ({one.approval.reason})" if one.approval and one.approval.reason else ""
        print(f"{one.name}: {_APPROVALS.get(how, how or 'no está en Twilio')}{why}")
        if how == "approved":
            print(f"  {one.setting}={one.sid}")
    return 0 if all(one.approval and one.approval.status == "approved" for one in texts) else 1


def _word(settings: Settings, given: argparse.Namespace) -> int:
    # Neither an argument nor shown: the shell remembers one, the screen the other.
    word = getpass("Palabra: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    found = asyncio.run(operate.agree_on_word(settings, given.phone, word))
    print("Anotada: sirve una vez." if found else "No hay nada guardado de ese teléfono.")
    return 0


def _rotate(settings: Settings, _: argparse.Namespace) -> int:
    print(f"Llaves envueltas de nuevo: {asyncio.run(operate.rotate(settings))}")
    return 0


def _migrate(settings: Settings, _: argparse.Namespace) -> int:
    asyncio.run(operate.migrate(settings))
    print("La base de datos está al día.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
