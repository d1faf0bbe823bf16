"""English sentences as people type them: what is kept of them, and what is recalled."""

from __future__ import annotations

import pytest

from dialog_s2s.dialogue.facts import Facts

# what is said => key: value; a kind's key is followed by => and its value
TOLD = """
my name is Alice => name: Alice
My name is alice. => name: Alice
hi, my name's Bob => name: Bob
Hello! My name is Mary Jane Watson. => name: Mary Jane Watson
hey there, my name is min-jun => name: Min-Jun
My name is Dr. Lee. => name: Dr. Lee
My full name is John J. Smith => name: John J. Smith
my name is O'Brien by the way => name: O'Brien
Good morning, I'm Sarah. => name: Sarah
I am Thomas, nice to meet you => name: Thomas
call me Al => name: Al
You can call me Liz please => name: Liz
everyone calls me Teddy => name: Teddy
I am called Ivan => name: Ivan
no, my name is Bob => name: Bob
Actually, my name is Bob, not Alice. => name: Bob
I said my name is Bob! => name: Bob
My name is Zoë! => name: Zoë
my name is 앨리스 => name: 앨리스
My name is "Rex". => name: Rex
My name is Alice, what's yours? => name: Alice
Thanks! My name is Alice, and you? => name: Alice
I'm 30 years old => age: 30
im 17 years old lol => age: 17
I am twenty-five years old. => age: twenty-five
I'm 42. => age: 42
I just turned 18 => age: 18
my age is 61 => age: 61
I live in Seoul => home: Seoul
i live in new york => home: new york
We live in Paris, France. => home: Paris, France
I'm living in Berlin now. => home: Berlin
I currently live in the Netherlands => home: the Netherlands
I moved to Rome, so I need a new sofa. => home: Rome
I live in Busan, do you deliver there? => home: Busan
i'm from canada => origin: canada
I come from South Africa. => origin: South Africa
I'm originally from Texas => origin: Texas
I was born in Lima => origin: Lima
I grew up in Glasgow. => origin: Glasgow
I'm a nurse => job: a nurse
I am a software engineer at a bank. => job: a software engineer
I work as a high school teacher => job: a high school teacher
my job is teaching => job: teaching
I'm a student => job: a student
My birthday is May 3rd. => birthday: May 3rd
my birthday is on 12 June => birthday: 12 June
my birthday is in july => birthday: in july
I was born on 3 March 1990 => birthday: 3 March 1990
my date of birth is 1990-05-03 => birthday: 1990-05-03
My favourite colour is blue => favourite colour: blue
my favorite food is spicy tuna rolls! => favourite food: spicy tuna rolls
Pizza is my favorite food. => favourite food: Pizza
my favourite colours are red, green and blue => favourite colours: red, green and blue
my fav band is The Cure => favourite band: The Cure
My favorite movie is Spirited Away btw => favourite movie: Spirited Away
I like green tea => likes: green tea => green tea
I really love jazz! => likes: jazz => jazz
i enjoy hiking a lot => likes: hiking => hiking
I love dogs and cats => likes: dogs and cats => dogs and cats
I hate mushrooms. => dislikes: mushrooms => mushrooms
I don't like coffee very much => dislikes: coffee => coffee
i can't stand cilantro => dislikes: cilantro => cilantro
my dog is called Rex => dog's name: Rex
My cat's name is Mittens. => cat's name: Mittens
my hamster is named Bo => hamster's name: Bo
our dog is called Sir Barks => dog's name: Sir Barks
I have two cats => pet: cat => two cats
I've got a dog => pet: dog => a dog
we have a big dog => pet: dog => a big dog
I have three guinea pigs. => pet: guinea pig => three guinea pigs
my sister's name is Ann => sister's name: Ann
My wife is called Jo. => wife's name: Jo
my brother is Tom => brother's name: Tom
the name of my son is Leo => son's name: Leo
my older brother is called Max => older brother's name: Max
I have two brothers => family: brother => two brothers
I have a daughter => family: daughter => a daughter
my dad is a doctor => dad: a doctor
My phone number is 010-1234-5678 => phone number: 010-1234-5678
my number is +44 20 7946 0958 => phone number: +44 20 7946 0958
My email is ann.lee@example.com. => e-mail address: ann.lee@example.com
my e-mail address is bob@shop.co.uk => e-mail address: bob@shop.co.uk
my locker code is 4821 => locker code: 4821
my order number is A-1029 => order number: A-1029
My car is a Toyota. => car: a Toyota
my bike is dark green => bike: dark green
my room is 305 => room: 305
my appointment is at 4 pm => appointment: at 4 pm
my last name is Kim => last name: Kim
my cat is Luna, she is lovely => cat's name: Luna
hey its me, my name is jordan => name: Jordan
btw i live in tokyo => home: tokyo
i'm 34 yrs old => age: 34
I turned 40 yesterday => age: 40
we just moved to Lisbon => home: Lisbon
I live at 5 Mill Street => address: 5 Mill Street
I work at Samsung => workplace: Samsung
I'm currently working as a barista => job: a barista
my bday is 4 July => birthday: 4 July
my fave colour is teal => favourite colour: teal
i dont like onions => dislikes: onions => onions
my email: jo@mail.org => e-mail address: jo@mail.org
my shoe size is 42 => shoe size: 42
I am from the US => origin: the US
MY NAME IS ALICE => name: ALICE
my name is will => name: Will
"""
NOT_TOLD = """
is my name Bob?
what is my name?
my name is Bob?
My name is Bob, right?
do you remember my name is Bob?
if my name is Bob, what then
If I live in Seoul, can I get it tomorrow?
suppose my name is Bob.
imagine I'm 25 years old
He said "my name is Bob".
He said, my name is Bob.
"Hello. My name is Bond. I live in London." is what he says in it.
“My name is Bond” is a famous line
my name is not important
my name is on the list
my name is spelled with a K
my name is hard to pronounce
my name is wrong on the invoice
My name is misspelled.
my name is in the order
I don't want to tell you my name
my question is about tea
My question is: when do you open?
my problem is that it never came
my order is late
My order is 3 days late!
My package is lost.
my parcel is at the depot
my delivery is on Monday I think
my refund is 20 dollars short
my tea is cold
my phone is broken
my phone is not working
my wife is pregnant
My wife is not happy with it
my sister is coming over
my dog is sick
my dog is 2 hours late for his walk
my head is killing me
my day is a 10
my guess is 5
my account is locked
I am tired
I'm Tired
I'm Interested in tea.
I'm Korean
i'm bob
I am looking for a gift
I'm a customer
I'm a bit lost
I'm a vegetarian
I'm a great cook
I'm on my way
I'm 5 minutes away
I'm 3rd in line
I am in London for the day
I'm from the bank
i'm from here
I live for this
I live in fear
I live in a small flat
I live alone
I used to live in Paris
she lives in Seoul
My friend lives in Seoul.
I like it
I love you
i like that
I like this shop
I like the blue one
I'd like a green tea
I would like two cups please
I love how it smells
I don't like it
I hate when that happens
I have a question
I have two questions about my order
I have a problem
I have a cold
I have a friend who sells cats
call me back
call me at 5
call me later please
Call me Monday
my favourite is the second one
My favorite part is the ending.
my birthday is tomorrow
my birthday is soon
remember me?
do you remember?
I remember that it was cheap
remember that time in Rome?
please remember to wash your hands
the meeting is at 3
your name is Sori
My opinion is the same as his.
you know my name is not the point
I wish my name was Rose
Maybe my name is Rose
they think I'm 25 years old
In my novel, my name is Rose.
translate: my name is Bob
How do you say my name is Bob in French?
my turn is next
my size is sold out
my address is wrong
my total is 50 dollars
My card is declined
Is my birthday May 3rd?
Do I live in Seoul?
can my dog come in?
I AM ANGRY
I'm Angry
I'm Alice's mom
my name was misspelt on the package
could you put my name as Bob on the parcel
I'm Ann's friend and she asked me to call
am I 30 minutes late?
I'm 15 minutes early
I am 2 people short
my code is not working
my discount code is expired
my cup is chipped
my husband is angry
I have a dog allergy
I have two left
I have a baby shower to plan
I live near you
I live in hope that it arrives
I was born ready
I like to think so
I don't like your tone
Call me Ishmael is how it starts
I'm In
the order is on its way
Were you in or out? Remember that.
"""
# what is said, and below it what is asked => the reply
ASKED = """
my name is Alice
  what's my name? => Your name is Alice.
  What is my name => Your name is Alice.
  whats my name again? => Your name is Alice.
  do you remember my name? => Your name is Alice.
  Do you still remember my name? => Your name is Alice.
  can you tell me my name? => Your name is Alice.
  tell me my name please => Your name is Alice.
  do you know what my name is => Your name is Alice.
  what did I say my name was? => Your name is Alice.
  did I tell you my name? => Your name is Alice.
  who am I? => Your name is Alice.
  do you know who I am? => Your name is Alice.
  what is my name, do you remember? => Your name is Alice.
  have you forgotten my name? => Your name is Alice.
  Hey, what was my name? => Your name is Alice.
  so what am i called => Your name is Alice.
  what is your name? => None
  is my name Bob? => None
  what is my order number? => None
  My name is Alice => None
I live in Seoul
  where do I live? => You live in Seoul.
  do you remember where i live => You live in Seoul.
  what city do I live in? => You live in Seoul.
  can you tell me where I live? => You live in Seoul.
I'm from Canada
  where am I from? => You are from Canada.
  where do i come from => You are from Canada.
I was born in Lima
  where was I born? => You are from Lima.
I'm 30 years old
  how old am I? => You are 30 years old.
  what is my age? => You are 30 years old.
  do you know how old I am? => You are 30 years old.
I'm a nurse
  what is my job? => You are a nurse.
  what do I do for a living? => You are a nurse.
  do you remember what I do? => You are a nurse.
my birthday is May 3rd
  when is my birthday? => Your birthday is May 3rd.
  what's my birthday => Your birthday is May 3rd.
I was born on 3 March 1990
  when was I born? => Your birthday is 3 March 1990.
my favourite colour is blue
  what's my favorite color? => Your favourite colour is blue.
  do you remember my favourite colour? => Your favourite colour is blue.
  which colour do I like best? => Your favourite colour is blue.
my favourite colours are red and blue
  what are my favourite colours? => Your favourite colours are red and blue.
I like tea
  what do I like? => You like tea.
  who likes tea? => None
I hate rain
  what do I hate? => You do not like rain.
  what don't I like? => You do not like rain.
my dog is called Rex
  what's my dog's name? => Your dog's name is Rex.
  what is my dog called? => Your dog's name is Rex.
  what is the name of my dog? => Your dog's name is Rex.
  do you remember my dog? => Your dog's name is Rex.
  do you know the name of my dog? => Your dog's name is Rex.
I have two cats
  how many cats do I have? => You have two cats.
  do I have a cat? => You have two cats.
  do I have any pets? => You have two cats.
  what pets do I have => You have two cats.
I have a dog named Rex
  what is my dog called? => Your dog's name is Rex.
I have two brothers
  how many brothers do I have? => You have two brothers.
my sister's name is Ann
  who is my sister? => Your sister's name is Ann.
  what is my sister called => Your sister's name is Ann.
my phone number is 010-1234-5678
  what's my number? => Your phone number is 010-1234-5678.
  do you have my phone number? => Your phone number is 010-1234-5678.
my email is a@b.co
  what is my email address? => Your e-mail address is a@b.co.
my locker code is 4821
  what was my locker code? => Your locker code is 4821.
my appointment is at 4 pm
  when is my appointment? => Your appointment is at 4 pm.
  what time is my appointment? => Your appointment is at 4 pm.
remember that the meeting is at 3
  when is the meeting? => The meeting is at 3.
  when does the meeting start? => The meeting is at 3.
please remember that my flight is at 5
  when is my flight? => Your flight is at 5.
can you remember that my car is red?
  what did I ask you to remember? => You asked me to remember: "my car is red".
Remember the alarm code is 99.
  what should you remember? => You asked me to remember: "the alarm code is 99".
My flight is at 5. Remember that.
  what did I tell you to remember => You asked me to remember: "My flight is at 5".
don't forget that Ann is vegan
  what did I ask you to remember? => You asked me to remember: "Ann is vegan".
hi
  do you remember my name? => You have not told me your name yet.
  do you know where I live? => You have not told me where you live yet.
  do you remember my favourite colour? => You have not told me your favourite colour yet.
  do you remember how old I am? => You have not told me your age yet.
  did I tell you my dog's name? => You have not told me your dog's name yet.
  what did I ask you to remember? => You have not asked me to remember anything yet.
  what's my name? => None
  where do I live? => None
  where is my order? => None
  do you remember my order? => None
  can you tell me the price? => None
  do you know where the shop is? => None
  do you have my order? => None
제 이름은 앨리스예요
  what is my name? => Your name is 앨리스.
I work at Samsung
  where do I work? => You work at Samsung.
I live at 5 Mill Street
  where do I live? => Your address is 5 Mill Street.
I am from the US
  where am I from? => You are from the US.
our dog is called Fido
  what's the name of our dog? => Your dog's name is Fido.
"""


def lines(table: str) -> list[list[str]]:
    return [line.strip().split(" => ") for line in table.strip().splitlines()]


def asked() -> list[list[str]]:
    """What is said, what is asked, and the reply."""
    found, said = [], ""
    for line in lines(ASKED):
        said = line[0] if len(line) == 1 else said
        found += [[said, *line]] if len(line) > 1 else []
    return found


@pytest.mark.parametrize("line", lines(TOLD), ids=lambda line: line[0])
def test_what_is_stated_is_kept(line: list[str]) -> None:
    facts = Facts()
    facts.hear(line[0], 1)
    # "pet: cat" is a key as a whole, with its value behind
    wanted = [line[1:]] if line[2:] else [pair.split(": ", 1) for pair in line[1].split(" + ")]
    assert [[fact.key, fact.value] for fact in facts] == wanted


@pytest.mark.parametrize("text", NOT_TOLD.strip().splitlines())
def test_what_is_not_stated_is_not_kept(text: str) -> None:
    facts = Facts()
    assert facts.hear(text, 1) == []
    assert list(facts) == []


@pytest.mark.parametrize(("said", "question", "reply"), asked())
def test_what_is_asked_is_answered(said: str, question: str, reply: str) -> None:
    facts = Facts()
    facts.hear(said, 1)
    found = facts.answer(question)
    assert (found.text if found else "None") == reply


def test_there_are_enough() -> None:
    assert min(len(lines(TOLD)), len(lines(NOT_TOLD)), len(asked())) >= 60
