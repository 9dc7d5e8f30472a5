@echo off
rem What PHP calls to send mail: keeps the message of standard input as a file of the folder %1, and sends nothing.
if not exist "%~1" mkdir "%~1"
findstr /R "^" > "%~1\%RANDOM%%RANDOM%%RANDOM%.eml"
