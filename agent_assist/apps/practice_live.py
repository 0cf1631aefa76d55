"""Practice at the seat: the customer is heard in the headset, the agent answers, the page helps."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TextIO

from agent_assist.adapters.loudspeaker import Loudspeaker, LoudspeakerError
from agent_assist.adapters.microphone import Microphone
from agent_assist.adapters.portaudio import PortAudio
from agent_assist.adapters.web_control import Caller, CallRefused
from agent_assist.apps.desk import Desk
from agent_assist.apps.live_control import follow_keys
from agent_assist.apps.overlay import Service, make_server
from agent_assist.apps.practice import Classroom, Practice, conclude, print_lines
from agent_assist.apps.practice_book import PracticeBook
from agent_assist.apps.practice_sound import Conversation, Item, find_voice, load_model
from agent_assist.apps.replay import TextSink
from agent_assist.core.call import CallMeta
from agent_assist.core.events import Channel, Event, HungUpBy
from agent_assist.core.lesson import Customer
from agent_assist.core.lesson_result import LessonResult
from agent_assist.core.ports import Samples, Sink
from agent_assist.errors import AgentAssistError, BadInputError
from agent_assist.ui.lesson_text import opening_lines

KEYS = "按回车接通，再按回车挂机，输入 q 再回车退出"
NO_LOUDSPEAKER = "没有播放设备，客户的话显示在这里：{}"
HEADSET = "请戴耳机；没有耳机时加 --speakers，客户说话时就不听麦克风"
ONCE = "这次练习已经结束"
CLOSING_S = 20.0


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the agent speaks into and hears with; ``gated`` is for loudspeakers."""

    agent_device: str | None = None
    speaker_device: str | None = None
    gated: bool = False
    port: int = 8765


@dataclass(slots=True, eq=False)
class PracticeEar:
    """An `Ear` for the one call: the microphone's sound with the customer's."""

    conversation: Conversation
    microphone: Microphone
    book: PracticeBook
    _sound: Iterator[Item] | None = None

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self.conversation.channels

    def begin(self) -> None:
        """Wait for the microphone's first sound: it is the call's beginning."""
        coming = iter(self.microphone)
        self._sound = chain([next(coming)], coming)

    def listen(self, meta: CallMeta) -> Iterator[Event]:
        """What is heard of the call, its end included."""
        assert self._sound
        return self.conversation.hear(self._sound, self.book.recorder(meta, self.channels))

    def stop(self) -> None:
        """The agent has hung up."""
        self.microphone.stop()


class PracticeDesk(Desk):
    """A desk with one call, the lesson's, however it is begun."""

    practice_ear: PracticeEar
    _begun = False

    def start_call(self, meta: CallMeta, caller: Caller | None = None) -> None:
        """The call is connected, once; raises CallRefused."""
        if self._begun:
            raise CallRefused("call_running", ONCE)
        self._begun = True
        self.practice_ear.begin()
        super().start_call(self.practice_ear.conversation.customer.lesson.meta, caller)

    def end_call(self, hung_up_by: HungUpBy, call_id: str | None = None) -> None:
        """The agent hangs up; raises CallRefused."""
        super().end_call("agent", call_id)


@dataclass(slots=True, eq=False)
class Seat:
    """One practice call at a seat; set ``over`` to give it up."""

    practice: Practice
    equipment: Equipment
    out: TextIO
    keys: TextIO | None = None
    over: threading.Event = field(default_factory=threading.Event)
    _begun: bool = False
    _kept: threading.Event = field(default_factory=threading.Event)

    def run(self) -> LessonResult | None:
        """Practise until the call is over; None when it never began."""
        room = Classroom.open(self.practice)
        with ExitStack() as stack:
            microphone = self._microphone()
            stack.callback(microphone.stop)
            print_lines(opening_lines(room.lesson), self.out)
            model, facts = load_model(room, self.out)
            voice = find_voice(room.lesson, self.out)
            tell = self._teller(voice is not None, stack)
            customer = Customer(room.lesson, understands=model is not None)
            expected, gated = room.workshop.phrases.expected, self.equipment.gated
            conversation = Conversation(customer, voice, model, tell, expected, gated)
            timeline = TextSink(self.out, room.titles)
            book = PracticeBook(
                room.workshop, room.lessons, customer, self.practice.out, facts, ".wav", [timeline]
            )
            desk = self._desk(room, PracticeEar(conversation, microphone, book), stack)
            if self.keys:
                self._follow_keys(desk)
            self.over.wait()
            with suppress(CallRefused):
                desk.end_call("agent")
            if not self._begun:
                return None
            self._kept.wait(CLOSING_S)
        return conclude(room, book, self.out)

    def _microphone(self) -> Microphone:
        try:
            microphone = Microphone(PortAudio(), {"agent": self.equipment.agent_device})
            microphone.open()
        except AgentAssistError as error:
            raise BadInputError(f"no microphone: {error}; practise with --text") from None
        return microphone

    def _teller(self, has_voice: bool, stack: ExitStack) -> Callable[[str, Samples | None], None]:
        """Plays the customer's lines; shows them where they cannot be heard."""
        loudspeaker: Loudspeaker | None = None
        if has_voice:
            try:
                loudspeaker = Loudspeaker(self.equipment.speaker_device)
                stack.callback(loudspeaker.close)
            except LoudspeakerError as error:
                print_lines([NO_LOUDSPEAKER.format(error)], self.out)

        def tell(text: str, clip: Samples | None) -> None:
            if loudspeaker and clip is not None:
                loudspeaker.play(clip)
            else:
                print_lines([f"客户　{text}"], self.out)

        if loudspeaker and not self.equipment.gated:
            print_lines([HEADSET], self.out)
        return tell

    def _desk(self, room: Classroom, ear: PracticeEar, stack: ExitStack) -> PracticeDesk:
        """The desk with its page, served until the end."""

        @contextmanager
        def keep(meta: CallMeta) -> Iterator[Sink]:
            self._begun = True
            try:
                with ear.book(meta) as sink:
                    yield sink
            finally:
                self._kept.set()
                self.over.set()

        desk = PracticeDesk(room.workshop, ear=ear, record=keep)
        desk.practice_ear = ear
        server = make_server(desk, room.workshop, Service(port=self.equipment.port))
        stack.callback(server.stop)
        stack.callback(desk.close)
        server.start()
        print_lines([f"话术助手：{server.address}"], self.out)
        return desk

    def _follow_keys(self, desk: PracticeDesk) -> None:
        assert self.keys

        def toggle() -> None:
            try:
                if self._begun:
                    desk.end_call("agent")
                else:
                    desk.start_call(CallMeta(""))
            except CallRefused as refused:
                print_lines([str(refused)], self.out)

        chips = desk.state.chips

        def choose(number: int) -> None:
            try:
                if 1 <= number <= len(chips):
                    desk.choose_situation(chips[number - 1].id)
            except CallRefused as refused:
                print_lines([str(refused)], self.out)

        print_lines([KEYS], self.out)
        arguments = (self.keys, toggle, choose, self.over.set)
        threading.Thread(target=follow_keys, args=arguments, name="keys", daemon=True).start()


def practise_aloud(practice: Practice, equipment: Equipment) -> None:
    """One call at this seat, until it is over or Ctrl-C."""
    seat = Seat(practice, equipment, sys.stdout, sys.stdin)
    before = signal.signal(signal.SIGINT, lambda *_: seat.over.set())
    try:
        seat.run()
    finally:
        signal.signal(signal.SIGINT, before)
